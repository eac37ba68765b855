#include <bus/store/retention.hpp>

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

constexpr std::size_t requests_at_a_time = 1000;

struct PruneOptions {
    std::string before;
    bool requests = false;
    bool streams = false;
    OperatorOptions by;
};

std::string events(std::uint64_t number) {
    return fmt::format("{} event{}", terminal::format_count(number), number == 1 ? "" : "s");
}

/// The time in `--before`, such as `2026-11-23`.
Timestamp time_of(Shared& shared, const PruneOptions& options) {
    return parse_when(options.before, shared.console().now());
}

std::string name_event(EventStore& store, Position position) {
    const auto found = store.read(position - 1, 1);
    if (found.empty()) {
        return fmt::format("event {}", position);
    }
    const EventRecord& record = found.front().record;
    return fmt::format("event {} ({} of {}) says that it occurred at {}", found.front().position,
                       record.event_type, stream_of(record), to_text(record.occurred_at));
}

/// Warns of an event with an impossible date, and says whether it is removed.
void note_misdated(Shared& shared, EventStore& store, const AgedEvents& aged, Timestamp now) {
    if (aged.misdated != 0) {
        shared.note(fmt::format("{}, but it was stored earlier: it is removed with its neighbours",
                                name_event(store, aged.misdated)));
    }
    const Position next = std::max(aged.through + 1, store.first_position());
    if (next < store.last_position() && store.first_dated_from(now, next - 1) == next) {
        shared.note(fmt::format("{}, which is in the future: it and the events after it stay until "
                                "they have been in the store for that long; to remove them now, "
                                "name a position instead of a time",
                                name_event(store, next)));
    }
}

/// The last position to remove.
Position through(Shared& shared, EventStore& store, const PruneOptions& options) {
    if (const Position position = position_of(options.before); position != 0) {
        return std::min(position - 1, store.last_position());
    }
    const Timestamp now = shared.console().now();
    try {
        const AgedEvents aged = aged_events(store, parse_when(options.before, now), now);
        note_misdated(shared, store, aged, now);
        return aged.through;
    } catch (const UsageError& error) {
        throw UsageError{fmt::format("{}; or a position from 1 on", error.what())};
    }
}

int dry_run(Shared& shared, EventStore& store, const RequestRecord& request,
            const OperatorOptions& by, std::uint64_t count) {
    const Position last = request.position;
    if (const auto obstacle = prune_obstacle(store, last)) {
        throw PruneRefused{fmt::format("the {} up to {} could not be removed: agent '{}' {}",
                                       events(count), last, obstacle->agent, obstacle->why)};
    }
    if (shared.json()) {
        shared.print(json_of_dry_run(request, by, count));
    } else {
        shared.print(fmt::format("would remove {}, up to position {}\n", events(count), last));
    }
    return exit_code::done;
}

/// How many requests were answered before a time, without the newest, which is always kept.
std::uint64_t count_old_requests(EventStore& store, Timestamp before) {
    std::uint64_t count = 0;
    std::uint64_t after = 0;
    bool newest_counts = false;
    for (;;) {
        const auto page = store.requests(after, requests_at_a_time, false);
        for (const RequestRecord& request : page) {
            after = request.number;
            newest_counts = request.done_at && *request.done_at < before;
            count += newest_counts ? 1U : 0U;
        }
        if (page.size() < requests_at_a_time) {
            return count - (newest_counts ? 1U : 0U);
        }
    }
}

int prune_by_age(Shared& shared, const PruneOptions& options) {
    Order order;
    order.request.action =
        options.requests ? DeliveryAction::prune_requests : DeliveryAction::prune_streams;
    order.request.before = time_of(shared, options);
    if (!options.by.dry_run) {
        return carry_out(shared, options.by, {std::move(order)});
    }
    if (options.streams) {
        throw UsageError{"--dry-run cannot be used with --streams: leave one of the two out"};
    }
    const std::uint64_t count = count_old_requests(*shared.open_to_read(), *order.request.before);
    if (shared.json()) {
        shared.print(json_of_dry_run(order.request, options.by, count));
    } else {
        shared.print(fmt::format("would remove {} request{}\n", terminal::format_count(count),
                                 count == 1 ? "" : "s"));
    }
    return exit_code::done;
}

/// Reports that there is nothing to remove. No request is made, so there is no record of it.
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
    if (options.requests || options.streams) {
        return prune_by_age(shared, options);
    }
    Order order;
    order.request.action = DeliveryAction::prune;
    {
        const auto store = shared.open_to_read();
        order.request.position = through(shared, *store, options);
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
        "prune", "Remove the oldest events, if every agent is done with them; or old requests");
    const auto options = std::make_shared<PruneOptions>();
    command
        .add_option("--before", options->before,
                    "Those before this position, or this time: a time, a day, or 30d for thirty "
                    "days ago")
        ->required()
        ->type_name("TIME|POSITION");
    CLI::Option* const requests = command.add_flag(
        "--requests", options->requests,
        "Instead of events, requests of operators that were answered before that time");
    command
        .add_flag("--streams", options->streams,
                  "Instead of events, the versions of streams whose events are all pruned, and the "
                  "last of them before that time: such a stream begins again with version 1")
        ->excludes(requests);
    options->by.add_options(command);
    shared.on_parsed(command, [&shared, options] { return prune(shared, *options); });
}

} // namespace bus::cli
