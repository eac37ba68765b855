#include <bus/event/failure.hpp>

#include <cli/deliveries_command.hpp>
#include <cli/delivery_changes.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/table.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace bus::cli {

namespace {

using terminal::Align;

const std::vector<DeliveryState> every_state{DeliveryState::deferred, DeliveryState::parked,
                                             DeliveryState::dead};

struct DeliveryListOptions {
    LetterFilter filter;
    bool each = false;
};

std::string due_text(DeliveryState state, Timestamp due) {
    if (state != DeliveryState::deferred) {
        return {};
    }
    return due == Timestamp{} ? "at once" : to_the_minute(due);
}

std::string message_of(const LetterGroup& group) {
    if (group.state == DeliveryState::parked) {
        return "follows the one before it in its sequence";
    }
    return group.letters == 1 ? group.example : group.error;
}

void print_delivery_groups(Shared& shared, const std::vector<LetterGroup>& groups) {
    terminal::Table table{{{"group", Align::right},
                           {"number", Align::right},
                           {.title = "agent", .whole = true},
                           {"state"},
                           {"next due (UTC)", Align::right},
                           {"failure"},
                           {"error"}}};
    for (const LetterGroup& group : groups) {
        table.row({group.name(), terminal::format_count(group.letters), group.agent,
                   to_text(group.state), due_text(group.state, group.next_due),
                   group.state == DeliveryState::parked ? "" : to_text(group.kind),
                   message_of(group)});
    }
    shared.print(table.render(shared.look()));
}

void print_each_delivery(Shared& shared, EventStore& store,
                         const std::vector<LetterGroup>& groups) {
    terminal::Table table{{{.title = "agent", .whole = true},
                           {"position", Align::right, "pos."},
                           {"state"},
                           {"due (UTC)", Align::right},
                           {"attempts", Align::right, "att."},
                           {"sequence"},
                           {"error"}}};
    for (const LetterGroup& group : groups) {
        for (const Position position : group.positions) {
            const auto delivery = store.delivery(group.agent, position);
            if (!delivery || delivery->state != group.state) {
                continue; // a running host has changed it meanwhile
            }
            if (shared.json()) {
                shared.print(json_of(*delivery));
                continue;
            }
            table.row({group.agent, std::to_string(position), to_text(delivery->state),
                       due_text(delivery->state, delivery->due),
                       std::to_string(delivery->attempts.size()), delivery->sequence,
                       delivery->attempts.empty() ? message_of(group)
                                                  : delivery->attempts.back().message});
        }
    }
    if (!shared.json()) {
        shared.print(table.render(shared.look()));
    }
}

int list_deliveries(Shared& shared, const DeliveryListOptions& options) {
    const auto store = shared.open_to_read();
    const std::vector<LetterGroup> groups = read_groups(*store, options.filter);
    if (groups.empty()) {
        if (!shared.json()) {
            shared.note(options.filter.takes_all() ? "every agent has finished all its deliveries"
                                                   : "no delivery matches");
        }
        return exit_code::done;
    }
    if (options.each) {
        print_each_delivery(shared, *store, groups);
    } else if (shared.json()) {
        for (const LetterGroup& group : groups) {
            shared.print(json_of(group));
        }
    } else {
        print_delivery_groups(shared, groups);
    }
    return exit_code::done;
}

} // namespace

void add_deliveries(CLI::App& app, Shared& shared) {
    CLI::App& parent = *app.add_subcommand(
        "deliveries", "What agents have not finished: list it, try it again now, or discard it");
    const auto options = std::make_shared<DeliveryListOptions>();
    options->filter.states = every_state;
    const auto add_options = [options](CLI::App& command) {
        add_filter_options(command, options->filter);
        command.add_flag("--each", options->each, "Each delivery by itself");
    };
    CLI::App& list_command = *parent.add_subcommand(
        "list", "Deliveries that are deferred, parked or dead, by agent, state and cause");
    add_options(list_command);
    shared.on_parsed(list_command,
                     [&shared, options] { return list_deliveries(shared, *options); });
    parent.require_subcommand(1);

    add_change(parent, shared, DeliveryAction::retry, {DeliveryState::deferred},
               "Try deferred ones again at once; those parked behind them follow");
    add_change(parent, shared, DeliveryAction::discard, every_state,
               "Settle them unhandled; those parked behind them follow");
}

} // namespace bus::cli
