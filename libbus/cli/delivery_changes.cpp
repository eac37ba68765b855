#include <cli/checks.hpp>
#include <cli/delivery_changes.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace bus::cli {

namespace {

using terminal::format_count;

/// Whether `action` is possible for a delivery that is named by its position. Any delivery can be
/// discarded.
bool fits(const DeliveryRecord& delivery, DeliveryAction action) {
    return action == DeliveryAction::discard ||
           delivery.state ==
               (action == DeliveryAction::retry ? DeliveryState::deferred : DeliveryState::dead);
}

/// What a parked delivery waits for: the first unfinished delivery of its sequence.
std::string head_of(EventStore& store, const DeliveryRecord& parked) {
    for (const DeliveryBrief& brief : store.delivery_briefs(parked.agent)) {
        if (brief.position < parked.position && brief.sequence == parked.sequence &&
            brief.state != DeliveryState::parked) {
            return fmt::format("; it waits for the one at {}, which is {}: {} that one",
                               brief.position, to_text(brief.state),
                               brief.state == DeliveryState::dead ? "redrive" : "retry");
        }
    }
    return {};
}

std::string why_not(EventStore& store, const ChangeOptions& options,
                    const std::optional<DeliveryRecord>& delivery) {
    if (!delivery) {
        return fmt::format("; see `bus {} list {} --each`", options.command, options.filter.agent);
    }
    return fmt::format(": that one is {}{}", describe(*delivery),
                       delivery->state == DeliveryState::parked ? head_of(store, *delivery) : "");
}

std::vector<Order> orders_by_position(EventStore& store, const ChangeOptions& options) {
    std::vector<Order> orders;
    for (const Position position : options.filter.positions) {
        const auto delivery = store.delivery(options.filter.agent, position);
        if (!delivery || !fits(*delivery, options.action)) {
            throw NotFound{fmt::format("{} has no {} at position {}{}", options.filter.agent,
                                       options.action == DeliveryAction::retry ? "deferred delivery"
                                                                               : "dead letter",
                                       position, why_not(store, options, delivery))};
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
        if (group.state != DeliveryState::parked) {
            order.request.kind = group.kind;
            order.request.error = group.error;
        }
        if (options.action == DeliveryAction::discard && group.state != DeliveryState::dead) {
            order.request.state = group.state;
        }
        order.letters = std::move(group.positions);
        orders.push_back(std::move(order));
    }
    return orders;
}

/// Keeps only the deliveries of the oldest events over all groups, at most `limit`. The limits in
/// the requests make a host do the same.
void keep_oldest(std::vector<Order>& orders, std::uint64_t limit) {
    std::multiset<Position> all;
    for (const Order& order : orders) {
        all.insert(order.letters.begin(), order.letters.end());
    }
    std::uint64_t left = std::min<std::uint64_t>(limit, all.size());
    const Position end = *std::next(all.begin(), static_cast<std::ptrdiff_t>(left - 1));
    for (Order& order : orders) {
        std::vector<Position>& letters = order.letters; // ascending
        letters.erase(std::upper_bound(letters.begin(), letters.end(), end), letters.end());
        // Two agents can have a delivery of the same event.
        letters.resize(std::min<std::uint64_t>(letters.size(), left));
        left -= letters.size();
        order.request.limit = order.request.position == 0 ? letters.size() : 0;
    }
    std::erase_if(orders, [](const Order& order) { return order.letters.empty(); });
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

void refuse_unclear(const ChangeOptions& options) {
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
}

int change(Shared& shared, const ChangeOptions& options) {
    refuse_unclear(options);
    const bool by_position = !options.filter.positions.empty();
    std::vector<Order> orders;
    {
        const auto store = shared.open_to_read();
        if (by_position) {
            static_cast<void>(read_groups(*store, options.filter)); // throws for unknown agents
        }
        orders =
            by_position ? orders_by_position(*store, options) : orders_by_group(*store, options);
    }
    if (orders.empty()) {
        throw NotFound{fmt::format("there is nothing to {}: no {} matches", name_of(options.action),
                                   options.command == "deliveries" ? "delivery" : "dead letter")};
    }
    if (options.limit != 0) {
        keep_oldest(orders, options.limit);
    }
    return options.by.dry_run ? say_what_would_be_done(shared, options.by, orders)
                              : carry_out(shared, options.by, std::move(orders));
}

} // namespace

void add_change(CLI::App& parent, Shared& shared, DeliveryAction action,
                const std::vector<DeliveryState>& states, const char* description) {
    CLI::App& command = *parent.add_subcommand(name_of(action), description);
    const auto options = std::make_shared<ChangeOptions>();
    options->action = action;
    options->filter.states = states;
    options->command = parent.get_name();
    add_filter_options(command, options->filter);
    command.add_flag("--all", options->all, "All, of every agent");
    command
        .add_option("--limit", options->limit, "At most this many; the oldest events come first")
        ->check(whole_number(1))
        ->type_name("COUNT");
    options->by.add_options(command);
    shared.on_parsed(command, [&shared, options] { return change(shared, *options); });
}

} // namespace bus::cli
