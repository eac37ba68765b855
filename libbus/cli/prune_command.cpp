#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/prune_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace bus::cli {

namespace {

struct PruneOptions {
    std::string before;
    OperatorOptions by;
};

std::string events(std::uint64_t number) {
    return fmt::format("{} event{}", terminal::format_count(number), number == 1 ? "" : "s");
}

/// The last position that is meant to go.
Position through(Shared& shared, EventStore& store, const std::string& before) {
    if (const Position position = position_of(before); position != 0) {
        return std::min(position - 1, store.last_position());
    }
    try {
        return store.last_before(parse_when(before, shared.console().now()));
    } catch (const UsageError& error) {
        throw UsageError{fmt::format("{}; or a position from 1 on", error.what())};
    }
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

int dry_run(Shared& shared, EventStore& store, const RequestRecord& request,
            const OperatorOptions& by, std::uint64_t count) {
    const Position last = request.position;
    if (const std::string kept = obstacle(store, last); !kept.empty()) {
        throw PruneRefused{
            fmt::format("the {} up to {} could not be removed: {}", events(count), last, kept)};
    }
    if (shared.json()) {
        shared.print(json_of_dry_run(request, by, count));
    } else {
        shared.print(fmt::format("would remove {}, up to position {}\n", events(count), last));
    }
    return exit_code::done;
}

/// Nothing is asked for then, and no trace is left.
int say_nothing_goes(Shared& shared, RequestRecord request, const OperatorOptions& by) {
    shared.note("no event is that old: nothing to remove");
    if (shared.json() && by.dry_run) {
        shared.print(json_of_dry_run(request, by, 0));
    } else if (shared.json()) {
        request.at = shared.console().now();
        request.done_at = request.at;
        request.who = by.who;
        request.why = by.why;
        request.result = "0 events removed";
        shared.print(json_of(request));
    }
    return exit_code::done;
}

int prune(Shared& shared, const PruneOptions& options) {
    Order order;
    order.request.action = DeliveryAction::prune;
    {
        const auto store = shared.open_to_read();
        order.request.position = through(shared, *store, options.before);
        const Position first = store->first_position();
        if (order.request.position < first) {
            return say_nothing_goes(shared, order.request, options.by);
        }
        if (options.by.dry_run) {
            return dry_run(shared, *store, order.request, options.by,
                           order.request.position + 1 - first);
        }
    }
    return carry_out(shared, options.by, {std::move(order)});
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
    options->by.add_options(command);
    shared.on_parsed(command, [&shared, options] { return prune(shared, *options); });
}

} // namespace bus::cli
