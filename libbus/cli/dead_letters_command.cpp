#include <bus/event/failure.hpp>

#include <boost/json/serialize.hpp>
#include <cli/checks.hpp>
#include <cli/dead_letters.hpp>
#include <cli/dead_letters_command.hpp>
#include <cli/delivery_changes.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/table.hpp>
#include <cli/terminal/text.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace bus::cli {

namespace {

using terminal::Align;
using terminal::Colour;
using terminal::format_count;

struct ListOptions {
    LetterFilter filter;
    bool each = false;
};

void print_groups(Shared& shared, const std::vector<LetterGroup>& groups) {
    terminal::Table table{{{"group", Align::right},
                           {"letters", Align::right},
                           {.title = "agent", .whole = true},
                           {"failure"},
                           {"newest (UTC)", Align::right},
                           {"error"}}};
    for (const LetterGroup& group : groups) {
        const std::string kind = group.quarantined == 0 ? to_text(group.kind) : "quarantined";
        table.row({group.name(), format_count(group.letters), group.agent, kind,
                   to_the_minute(group.newest), group.letters == 1 ? group.example : group.error});
    }
    shared.print(table.render(shared.look()));
}

/// Prints one line for each letter, without groups.
void print_each(Shared& shared, EventStore& store, const std::vector<LetterGroup>& groups) {
    terminal::Table table{{{.title = "agent", .whole = true},
                           {"position", Align::right, "pos."},
                           {"attempts", Align::right, "att."},
                           {"since (UTC)", Align::right},
                           {"sequence"},
                           {"failure"},
                           {"error"}}};
    for (const LetterGroup& group : groups) {
        for (const Position position : group.positions) {
            const auto letter = store.delivery(group.agent, position);
            if (!letter || letter->state != DeliveryState::dead) {
                continue; // a running host has settled it meanwhile
            }
            if (shared.json()) {
                shared.print(json_of(*letter));
                continue;
            }
            table.row({group.agent, std::to_string(position),
                       std::to_string(letter->attempts.size()),
                       letter->attempts.empty() ? "" : to_the_minute(letter->attempts.back().at),
                       letter->sequence, letter->quarantined ? "quarantined" : to_text(group.kind),
                       letter->attempts.empty() ? "" : letter->attempts.back().message});
        }
    }
    if (!shared.json()) {
        shared.print(table.render(shared.look()));
    }
}

int list(Shared& shared, const ListOptions& options) {
    const auto store = shared.open_to_read();
    const std::vector<LetterGroup> groups = read_groups(*store, options.filter);
    if (groups.empty()) {
        if (!shared.json()) {
            shared.note(options.filter.takes_all() ? "there are no dead letters"
                                                   : "no dead letter matches");
        }
        return exit_code::done;
    }
    if (options.each) {
        print_each(shared, *store, groups);
    } else if (shared.json()) {
        for (const LetterGroup& group : groups) {
            shared.print(json_of(group));
        }
    } else {
        print_groups(shared, groups);
    }
    return exit_code::done;
}

struct ShowOptions {
    std::string agent;
    Position position = 0;
};

void print_letter(Shared& shared, EventStore& store, const DeliveryRecord& delivery) {
    const terminal::Look look = shared.look();
    const auto line = [&](std::string_view name, const std::string& value) {
        shared.print(fmt::format("{}  {}\n", paint(fmt::format("{:<9}", name), Colour::grey, look),
                                 terminal::printable(value)));
    };
    shared.print(paint(terminal::printable(fmt::format("{} at {}: {}", delivery.agent,
                                                       delivery.position, describe(delivery))),
                       delivery.state == DeliveryState::dead ? Colour::red : Colour::yellow, look) +
                 '\n');
    for (const StoredEvent& event : store.read(delivery.position - 1, 1)) {
        if (event.position == delivery.position) {
            line("event", fmt::format("{}, {}", event.record.event_type, stream_of(event.record)));
            line("execution", event.record.execution_id);
            line("data", event.record.data);
        }
    }
    if (!delivery.sequence.empty()) {
        line("sequence", delivery.sequence);
    }
    for (const AttemptRecord& attempt : delivery.attempts) {
        shared.print(terminal::printable(fmt::format("{}  {}: {}", short_time(attempt.at),
                                                     to_text(attempt.kind), attempt.message)) +
                     '\n');
    }
}

int show(Shared& shared, const ShowOptions& options) {
    const auto store = shared.open_to_read();
    require_agent(*store, options.agent);
    const auto delivery = store->delivery(options.agent, options.position);
    if (!delivery) {
        throw NotFound{fmt::format("{} has nothing waiting or given up at position {}; see `bus "
                                   "dead-letters list {} --each`",
                                   options.agent, options.position, options.agent)};
    }
    if (!shared.json()) {
        print_letter(shared, *store, *delivery);
        return exit_code::done;
    }
    std::string text = boost::json::serialize(json_of(*delivery));
    if (const auto page = store->read(options.position - 1, 1);
        !page.empty() && page.front().position == options.position) {
        text.pop_back();
        text += fmt::format(",\"stored\":{}}}", json_of(page.front()));
    }
    shared.print(text + '\n');
    return exit_code::done;
}

} // namespace

void add_dead_letters(CLI::App& app, Shared& shared) {
    CLI::App& parent = *app.add_subcommand("dead-letters", "Events that agents gave up on");
    parent.require_subcommand(1);

    CLI::App& list_command = *parent.add_subcommand(
        "list", "Dead letters by agent, kind of failure and error, the largest group first");
    const auto listing = std::make_shared<ListOptions>();
    add_filter_options(list_command, listing->filter);
    list_command.add_flag("--each", listing->each, "A line for each dead letter");
    shared.on_parsed(list_command, [&shared, listing] { return list(shared, *listing); });

    CLI::App& show_command =
        *parent.add_subcommand("show", "One of them: its event and the cause of every attempt");
    const auto showing = std::make_shared<ShowOptions>();
    show_command.add_option("AGENT", showing->agent, "Whose")->required();
    show_command.add_option("POSITION", showing->position, "Of its event")
        ->required()
        ->check(whole_number(1));
    shared.on_parsed(show_command, [&shared, showing] { return show(shared, *showing); });

    add_change(parent, shared, DeliveryAction::redrive, {DeliveryState::dead},
               "Give them to their agents again, which start over with the first attempt");
    add_change(parent, shared, DeliveryAction::discard, {DeliveryState::dead},
               "Settle them unhandled; by its position, a deferred or parked one too");
}

} // namespace bus::cli
