#include <bus/event/codec.hpp>

#include <boost/json/serialize.hpp>
#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_filter.hpp>
#include <cli/event_text.hpp>
#include <cli/events_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/table.hpp>
#include <cli/terminal/text.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>

namespace bus::cli {

namespace {

using terminal::Align;
using terminal::Colour;
using terminal::Look;

constexpr std::size_t events_a_page = 1000;
constexpr Duration follow_every = std::chrono::milliseconds{200};
/// The least width at which there is a column for the execution.
constexpr int wide = 140;

struct EventListOptions {
    EventFilter filter;
    std::size_t limit = 50;
    std::size_t last = 0;
};

struct FollowOptions {
    EventFilter filter;
    std::size_t limit = 0;
};

/// Cuts the data to no more than a terminal can show; the rest would only cost time.
std::string shown_data(const EventRecord& record, const Look& look) {
    return look.width > 0 ? record.data.substr(0, static_cast<std::size_t>(look.width) * 4)
                          : record.data;
}

std::string render(const std::vector<StoredEvent>& events, const Look& look) {
    const bool execution = look.width == 0 || look.width >= wide;
    std::vector<terminal::Column> columns{
        {"position", Align::right, "pos."}, {"time (UTC)", Align::right}, {"type"}, {"stream"}};
    if (execution) {
        columns.push_back({"execution"});
    }
    columns.push_back({"data"});
    terminal::Table table{std::move(columns)};
    for (const StoredEvent& event : events) {
        std::vector<std::string> cells{std::to_string(event.position),
                                       short_time(event.record.occurred_at),
                                       event.record.event_type, stream_of(event.record)};
        if (execution) {
            cells.push_back(event.record.execution_id);
        }
        cells.push_back(shown_data(event.record, look));
        table.row(std::move(cells));
    }
    return table.render(look);
}

void print_events(Shared& shared, const std::vector<StoredEvent>& events) {
    if (!shared.json()) {
        shared.print(render(events, shared.look()));
        return;
    }
    for (const StoredEvent& event : events) {
        shared.print(json_of(event) + '\n');
    }
}

void print_nothing(Shared& shared, EventStore& store) {
    if (shared.json()) {
        return;
    }
    shared.note(store.last_position() < store.first_position()
                    ? store.description() + " holds no events"
                    : "no event matches");
}

int list_last(Shared& shared, EventStore& store, EventListOptions& options) {
    const EventFilter& filter = options.filter;
    const Position last = store.last_position();
    const bool all = filter.stream.empty() && filter.execution.empty() && filter.type.empty() &&
                     filter.since.empty() && filter.until.empty() && filter.to >= last;
    if (all && last > options.last) {
        options.filter.from = std::max(filter.from, last - options.last + 1);
    }
    std::deque<StoredEvent> kept;
    for (EventSource source{store, filter, shared.console().now()}; !source.ended();) {
        shared.check_interrupted();
        for (StoredEvent& event : source.next(events_a_page)) {
            kept.push_back(std::move(event));
            if (kept.size() > options.last) {
                kept.pop_front();
            }
        }
    }
    if (kept.empty()) {
        print_nothing(shared, store);
        return exit_code::done;
    }
    print_events(shared, {kept.begin(), kept.end()});
    return exit_code::done;
}

int list(Shared& shared, EventListOptions& options) {
    const auto store = shared.open_to_read();
    shared.console().watch_interrupts();
    if (options.last != 0) {
        return list_last(shared, *store, options);
    }
    EventSource source{*store, options.filter, shared.console().now()};
    std::size_t left = options.limit == 0 ? EventStore::unlimited : options.limit;
    bool any = false;
    std::vector<StoredEvent> page;
    while (left != 0 && !source.ended()) {
        shared.check_interrupted();
        for (StoredEvent& event : source.next(std::min(left, events_a_page))) {
            page.push_back(std::move(event));
            --left;
        }
        if (page.size() >= events_a_page || left == 0 || source.ended()) {
            any = any || !page.empty();
            if (!page.empty()) {
                print_events(shared, page);
            }
            page.clear();
        }
    }
    if (!any) {
        print_nothing(shared, *store);
    } else if (!source.ended()) {
        shared.note(fmt::format("there may be more: continue with --from {}, or give --limit 0 for "
                                "all",
                                source.looked_through() + 1));
    }
    return exit_code::done;
}

/// An event as one line of its own, without a table: the next event may take a while.
std::string line_of(const StoredEvent& event, const Look& look) {
    const std::string line = terminal::printable(fmt::format(
        "{:>8}  {}  {:<24}  {}  {}", event.position, short_time(event.record.occurred_at),
        event.record.event_type, stream_of(event.record), shown_data(event.record, look)));
    return (look.width > 0 ? terminal::shortened(line, look.width, look.utf8) : line) + '\n';
}

int follow(Shared& shared, FollowOptions& options) {
    const auto store = shared.open_to_read();
    shared.console().watch_interrupts();
    if (options.filter.from == 0) {
        const Position last = store->last_position();
        if (options.filter.to <= last) {
            throw UsageError{fmt::format("--to {} is not ahead: the log ends at {} already; say "
                                         "with --from where to begin",
                                         options.filter.to, last)};
        }
        options.filter.from = last + 1;
    }
    EventSource source{*store, options.filter, shared.console().now()};
    std::size_t left = options.limit == 0 ? EventStore::unlimited : options.limit;
    const Look look = shared.look();
    for (;;) {
        while (!source.ended() && left != 0) {
            for (const StoredEvent& event : source.next(std::min(left, events_a_page))) {
                shared.print(shared.json() ? json_of(event) + '\n' : line_of(event, look));
                --left;
            }
            shared.check_interrupted();
        }
        shared.console().flush();
        if (left == 0 || source.looked_through() >= options.filter.to) {
            return exit_code::done;
        }
        shared.console().pause(follow_every);
        shared.check_interrupted();
        source.look_again();
    }
}

void print_members(Shared& shared, const StoredEvent& event, const Look& look) {
    const EventRecord& record = event.record;
    const auto line = [&](std::string_view name, const std::string& value) {
        shared.print(fmt::format("{}  {}\n", paint(fmt::format("{:<14}", name), Colour::grey, look),
                                 terminal::printable(value)));
    };
    line("position", std::to_string(event.position));
    line("event_id", to_text(record.event_id));
    line("event_type", fmt::format("{}, version {}", record.event_type, record.event_version));
    line("stream", fmt::format("{}, version {}", stream_of(record), event.stream_version));
    line("execution_id", record.execution_id);
    line("user_id", record.user_id);
    line("occurred_at", to_text(record.occurred_at));
    line("causation_id",
         record.causation_id.is_nil() ? "none: a first cause" : to_text(record.causation_id));
    line("data", record.data);
}

void print_deliveries(Shared& shared, const std::vector<DeliveryRecord>& deliveries,
                      const Look& look) {
    for (const DeliveryRecord& delivery : deliveries) {
        shared.print(fmt::format(
            "\n{}\n",
            paint(terminal::printable(fmt::format("{}: {}", delivery.agent, describe(delivery))),
                  delivery.state == DeliveryState::dead ? Colour::red : Colour::yellow, look)));
        for (const AttemptRecord& attempt : delivery.attempts) {
            shared.print(terminal::printable(fmt::format("  {}  {}: {}", short_time(attempt.at),
                                                         to_text(attempt.kind), attempt.message)) +
                         '\n');
        }
    }
}

int show(Shared& shared, const std::string& name) {
    const auto store = shared.open_to_read();
    const StoredEvent event = find_event(*store, name);
    const auto deliveries = deliveries_at(*store, store->agents(), event.position);
    if (shared.json()) {
        boost::json::array array;
        for (const DeliveryRecord& delivery : deliveries) {
            array.push_back(json_of(delivery));
        }
        shared.print(fmt::format("{},\"deliveries\":{}}}\n", json_of(event, true),
                                 boost::json::serialize(array)));
        return exit_code::done;
    }
    print_members(shared, event, shared.look());
    print_deliveries(shared, deliveries, shared.look());
    return exit_code::done;
}

} // namespace

void add_events(CLI::App& app, Shared& shared) {
    CLI::App& events = *app.add_subcommand("events", "The events in the log");
    events.require_subcommand(1);

    CLI::App& list_command = *events.add_subcommand("list", "Events in their order, a page");
    const auto listing = std::make_shared<EventListOptions>();
    listing->filter.add_options(list_command);
    list_command.add_option("--limit", listing->limit, "The most to show; 0: all")
        ->check(whole_number())
        ->capture_default_str()
        ->type_name("COUNT");
    list_command
        .add_option("--last", listing->last, "This many, the last ones instead of the first")
        ->check(whole_number())
        ->type_name("COUNT");
    shared.on_parsed(list_command, [&shared, listing] { return list(shared, *listing); });

    CLI::App& follow_command = *events.add_subcommand(
        "follow", "Events as they are committed, until Ctrl-C (exit code 130) or the limit");
    const auto following = std::make_shared<FollowOptions>();
    following->filter.from = 0;
    following->filter.add_options(follow_command);
    follow_command.add_option("--limit", following->limit, "End after this many; 0: never")
        ->check(whole_number())
        ->type_name("COUNT");
    shared.on_parsed(follow_command, [&shared, following] { return follow(shared, *following); });

    CLI::App& show_command =
        *events.add_subcommand("show", "One event, whole, with the failed attempts of agents");
    const auto name = std::make_shared<std::string>();
    show_command.add_option("EVENT", *name, "Its position, or its event_id")->required();
    shared.on_parsed(show_command, [&shared, name] { return show(shared, *name); });
}

} // namespace bus::cli
