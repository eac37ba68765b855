#include <bus/event/failure.hpp>

#include <boost/json/serialize.hpp>
#include <cli/checks.hpp>
#include <cli/dead_letters.hpp>
#include <cli/dead_letters_command.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
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

struct ChangeOptions {
    LetterFilter filter;
    OperatorOptions by;
    DeliveryAction action = DeliveryAction::redrive;
    bool all = false;
};

boost::json::object to_json(const LetterGroup& group) {
    return {{"group", group.name()},
            {"agent", group.agent},
            {"kind", to_text(group.kind)},
            {"error", group.error},
            {"example", group.example},
            {"letters", group.letters},
            {"quarantined", group.quarantined},
            {"oldest", to_text(group.oldest)},
            {"newest", to_text(group.newest)},
            {"first_position", group.positions.front()}};
}

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

/// Each letter by itself.
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
                continue; // settled meanwhile, by a running host
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
            shared.note(options.filter.takes_all() ? "no agent has given anything up"
                                                   : "no dead letter is of that kind");
        }
        return exit_code::done;
    }
    if (options.each) {
        print_each(shared, *store, groups);
    } else if (shared.json()) {
        for (const LetterGroup& group : groups) {
            shared.print(to_json(group));
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

/// A delivery that is named by its position may be discarded also where it is deferred or parked.
std::vector<Order> orders_by_position(EventStore& store, const ChangeOptions& options) {
    std::vector<Order> orders;
    for (const Position position : options.filter.positions) {
        const auto delivery = store.delivery(options.filter.agent, position);
        const bool fits = delivery && (options.action == DeliveryAction::discard ||
                                       delivery->state == DeliveryState::dead);
        if (!fits) {
            throw NotFound{fmt::format(
                "{} has no dead letter at position {}{}", options.filter.agent, position,
                delivery ? fmt::format(": that one is {}", describe(*delivery))
                         : fmt::format("; see `bus dead-letters list {} --each`",
                                       options.filter.agent))};
        }
        Order order;
        order.request.action = options.action;
        order.request.agent = options.filter.agent;
        order.request.position = position;
        order.letters = {position};
        orders.push_back(std::move(order));
    }
    return orders;
}

std::vector<Order> orders_by_group(EventStore& store, const ChangeOptions& options) {
    std::vector<Order> orders;
    for (LetterGroup& group : read_groups(store, options.filter)) {
        Order order;
        order.request.action = options.action;
        order.request.agent = group.agent;
        order.request.kind = group.kind;
        order.request.error = group.error;
        order.letters = std::move(group.positions);
        orders.push_back(std::move(order));
    }
    return orders;
}

int say_what_would_be_done(Shared& shared, const OperatorOptions& by,
                           const std::vector<Order>& orders) {
    std::uint64_t all = 0;
    for (const Order& order : orders) {
        all += order.letters.size();
        if (shared.json()) {
            shared.print(json_of_dry_run(order.request, by, order.letters.size()));
        } else {
            shared.print(terminal::printable(fmt::format(
                             "would {} {} of {}, first at {}{}", name_of(order.request.action),
                             order.letters.size(), order.request.agent, order.letters.front(),
                             order.request.error ? ": " + *order.request.error : "")) +
                         '\n');
        }
    }
    if (!shared.json()) {
        shared.print(
            fmt::format("{} in all; nothing was changed (--dry-run)\n", format_count(all)));
    }
    return exit_code::done;
}

int change(Shared& shared, const ChangeOptions& options) {
    const char* const verb = name_of(options.action);
    if (options.filter.takes_all() && !options.all) {
        throw UsageError{fmt::format("say which to {}: an AGENT and its POSITIONs, --group, "
                                     "--kind, --error, or --all",
                                     verb)};
    }
    if (options.action == DeliveryAction::discard && options.by.why.empty() &&
        !options.by.dry_run) {
        throw UsageError{"say why with --why: what is discarded is never handled, and the reason "
                         "is kept"};
    }
    const bool by_position = !options.filter.positions.empty();
    std::vector<Order> orders;
    {
        const auto store = shared.open_to_read();
        if (by_position) {
            static_cast<void>(read_groups(*store, options.filter)); // refuses unknown agents
        }
        orders =
            by_position ? orders_by_position(*store, options) : orders_by_group(*store, options);
    }
    if (orders.empty()) {
        throw NotFound{fmt::format("there is nothing to {}: no dead letter is of that kind", verb)};
    }
    return options.by.dry_run ? say_what_would_be_done(shared, options.by, orders)
                              : carry_out(shared, options.by, std::move(orders));
}

void add_change(CLI::App& parent, Shared& shared, DeliveryAction action, const char* description) {
    CLI::App& command = *parent.add_subcommand(name_of(action), description);
    const auto options = std::make_shared<ChangeOptions>();
    options->action = action;
    add_filter_options(command, options->filter);
    command.add_flag("--all", options->all, "All of all agents");
    options->by.add_options(command);
    shared.on_parsed(command, [&shared, options] { return change(shared, *options); });
}

} // namespace

void add_dead_letters(CLI::App& app, Shared& shared) {
    CLI::App& parent = *app.add_subcommand("dead-letters", "What agents gave up on");
    parent.require_subcommand(1);

    CLI::App& list_command = *parent.add_subcommand(
        "list", "Dead letters by agent, kind of failure and error, the largest group first");
    const auto listing = std::make_shared<ListOptions>();
    add_filter_options(list_command, listing->filter);
    list_command.add_flag("--each", listing->each, "Each letter in a line of its own");
    shared.on_parsed(list_command, [&shared, listing] { return list(shared, *listing); });

    CLI::App& show_command =
        *parent.add_subcommand("show", "One of them: its event and the cause of every attempt");
    const auto showing = std::make_shared<ShowOptions>();
    show_command.add_option("AGENT", showing->agent, "Whose")->required();
    show_command.add_option("POSITION", showing->position, "Of its event")
        ->required()
        ->check(whole_number(1));
    shared.on_parsed(show_command, [&shared, showing] { return show(shared, *showing); });

    add_change(parent, shared, DeliveryAction::redrive,
               "Give them to their agents again, which begin as at the first attempt");
    add_change(parent, shared, DeliveryAction::discard,
               "Be done with them unhandled; a deferred or parked one too, by its position");
}

} // namespace bus::cli
