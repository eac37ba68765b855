#include <bus/event/timestamp.hpp>

#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/prune_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/when.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace bus::cli {

namespace {

constexpr std::size_t chunk = 1000;

struct PruneOptions {
    std::string before;
    bool dry_run = false;
};

std::string events(std::uint64_t number) {
    return fmt::format("{} event{}", terminal::format_count(number), number == 1 ? "" : "s");
}

/// The last position that is meant to go.
Position through(Shared& shared, EventStore& store, const std::string& before) {
    if (const Position position = position_of(before); position != 0) {
        return std::min(position - 1, store.last_position());
    }
    return store.last_before(parse_when(before, shared.console().now()));
}

/// What keeps the events up to a position; empty: nothing.
std::string obstacle(EventStore& store, Position last) {
    for (const AgentRecord& agent : store.agents()) {
        if (agent.checkpoint < last) {
            return fmt::format("agent '{}' is done with those up to {} only", agent.name,
                               agent.checkpoint);
        }
        const auto briefs = store.delivery_briefs(agent.name);
        if (!briefs.empty() && briefs.front().position <= last) {
            return fmt::format("agent '{}' is not done with event {}, which is {}", agent.name,
                               briefs.front().position, to_text(briefs.front().state));
        }
    }
    return {};
}

int say(Shared& shared, const char* verb, std::uint64_t count, Position last) {
    if (shared.json()) {
        shared.print({{verb, count}, {"through", last}});
    } else if (count == 0) {
        shared.print("no event is that old: nothing to remove\n");
    } else {
        shared.print(fmt::format("{} {}, up to position {}\n", verb, events(count), last));
    }
    return exit_code::done;
}

int dry_run(Shared& shared, const PruneOptions& options) {
    const auto store = shared.open_to_read();
    const Position last = through(shared, *store, options.before);
    const Position first = store->first_position();
    const std::uint64_t count = last < first ? 0 : last - first + 1;
    if (const std::string kept = obstacle(*store, last); count != 0 && !kept.empty()) {
        throw PruneRefused{
            fmt::format("the {} up to {} could not be removed: {}", events(count), last, kept)};
    }
    return say(shared, "would remove", count, last);
}

int prune(Shared& shared, const PruneOptions& options) {
    if (options.dry_run) {
        return dry_run(shared, options);
    }
    const auto store = open_alone(shared, "prune", "Bus::prune() itself");
    const Position last = through(shared, *store, options.before);
    const Position first = store->first_position();
    std::uint64_t removed = 0;
    try {
        WorkProgress progress{shared, "events removed", last < first ? 0 : last - first + 1};
        for (;;) {
            const std::size_t count = store->prune(last, chunk);
            removed += count;
            if (count == 0) {
                break;
            }
            progress.update(removed);
        }
    } catch (const Interrupted&) {
        shared.note(fmt::format("{} removed; the same command goes on", events(removed)));
        throw;
    }
    return say(shared, "removed", removed, last);
}

} // namespace

void add_prune(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "prune", "Remove the oldest events, as far as every agent is done with them");
    const auto options = std::make_shared<PruneOptions>();
    command
        .add_option("--before", options->before,
                    "Those before this position, or this time: a time, a day, or 30d for thirty "
                    "days ago")
        ->required()
        ->type_name("TIME|POSITION");
    command.add_flag("--dry-run", options->dry_run, "Only say what would be removed");
    shared.on_parsed(command, [&shared, options] { return prune(shared, *options); });
}

} // namespace bus::cli
