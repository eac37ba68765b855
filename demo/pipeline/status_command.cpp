#include "demo/pipeline/status_command.hpp"

#include "demo/pipeline/bound_agents.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/outcome.hpp"
#include "demo/pipeline/report.hpp"
#include "demo/pipeline/run_command.hpp"
#include "demo/pipeline/summary.hpp"
#include <agents/control/control_view.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/system_environment.hpp>
#include <bus/store/store_url.hpp>

#include <cli/terminal/format.hpp>
#include <cli/terminal/look.hpp>
#include <cli/terminal/table.hpp>
#include <cli/terminal/tree.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <map>

namespace demo {

namespace {

constexpr std::size_t most_shown = 10'000;
constexpr std::size_t executions_a_page = 1000;

/// Deferred and dead deliveries, by the position of their event.
using Deliveries = std::multimap<bus::Position, bus::DeliveryRecord>;

Deliveries deliveries_of(bus::EventStore& store, const std::vector<bus::StoredEvent>& events) {
    Deliveries found;
    for (const bus::AgentRecord& agent : store.agents()) {
        for (const bus::StoredEvent& event : events) {
            if (auto delivery = store.delivery(agent.name, event.position)) {
                found.emplace(event.position, std::move(*delivery));
            }
        }
    }
    return found;
}

bus::terminal::Tree delivery_node(const bus::DeliveryRecord& delivery) {
    bus::terminal::Tree node;
    node.text =
        delivery.state == bus::DeliveryState::dead
            ? fmt::format("{}: given up, {} attempts", delivery.agent, delivery.attempts.size())
            : fmt::format("{}: tries again at {}", delivery.agent, bus::to_text(delivery.due));
    for (const bus::AttemptRecord& attempt : delivery.attempts) {
        node.children.push_back({fmt::format("{}  {}: {}", bus::to_text(attempt.at),
                                             bus::to_text(attempt.kind), attempt.message),
                                 {}});
    }
    return node;
}

/// The event, and below it the events and deliveries that it caused.
bus::terminal::Tree event_node(const bus::StoredEvent& event,
                               const std::vector<bus::StoredEvent>& events,
                               const Deliveries& deliveries, bus::Timestamp previous) {
    const auto since = event.record.occurred_at - previous;
    bus::terminal::Tree node;
    node.text = fmt::format(
        "{}  {}{}  {}", bus::to_text(event.record.occurred_at), event.record.event_type,
        event.record.causation_id.is_nil() ? std::string{}
                                           : " (+" + bus::terminal::format_duration(since) + ")",
        event.record.data);
    for (const bus::StoredEvent& effect : events) {
        if (effect.record.causation_id == event.record.event_id) {
            node.children.push_back(
                event_node(effect, events, deliveries, event.record.occurred_at));
        }
    }
    const auto [first, last] = deliveries.equal_range(event.position);
    for (auto entry = first; entry != last; ++entry) {
        node.children.push_back(delivery_node(entry->second));
    }
    return node;
}

/// The event that began an order. If the line has no order id, the stream is named after its
/// content, so the log is searched.
std::optional<bus::StoredEvent> find_received(bus::EventStore& store, const std::string& order_id) {
    const auto& type = bus::event_type<BundleReceivedEvent>();
    if (!order_id.starts_with("line:")) {
        auto stream = store.read_stream(type.aggregate_type(), order_id, 0, 1);
        return stream.empty() ? std::nullopt : std::optional{std::move(stream.front())};
    }
    bus::Position after = 0;
    for (;;) {
        auto page = store.read_type(type.name(), after, executions_a_page);
        for (bus::StoredEvent& event : page) {
            if (event.record.aggregate_id.starts_with(order_id + '@')) {
                return std::move(event);
            }
        }
        if (page.size() < executions_a_page) {
            return std::nullopt;
        }
        after = page.back().position;
    }
}

/// Prints the orders that have been in a step for longer than allowed, as the control agent knows.
void print_overdue(bus::EventStore& store) {
    const bus::agents::ControlView view{store, control_agent_name, order_workflow()};
    const auto overdue = view.overdue(bus::SystemEnvironment::instance().now());
    if (overdue.empty()) {
        return;
    }
    bus::terminal::Table table{
        {{"overdue"}, {"in step"}, {"since"}, {"late", bus::terminal::Align::right}}};
    for (const bus::agents::OverdueExecution& late : overdue) {
        table.row({late.execution.aggregate_id, late.execution.step,
                   bus::to_text(late.execution.since), bus::terminal::format_duration(late.late)});
    }
    fmt::print("{}\n", table.render(bus::terminal::look_of(stdout)));
}

std::shared_ptr<bus::EventStore> open_to_read(const std::string& store_url) {
    return bus::open_store(store_url, {.read_only = true, .program = "order_pipeline"});
}

} // namespace

int show_status(const std::string& store_url) {
    const auto store = open_to_read(store_url);
    Totals totals;
    for_each_outcome(*store, [&](const OrderOutcome& outcome) { totals.add(outcome); });
    print_outcomes(totals, bus::terminal::look_of(stdout));
    print_overdue(*store);
    return exit_code::ran;
}

int show_order(const std::string& store_url, const std::string& order_id) {
    const auto store = open_to_read(store_url);
    const std::optional<bus::StoredEvent> received = find_received(*store, order_id);
    if (!received) {
        fmt::print(stderr, "order_pipeline: {} has no order {}\n", store->description(), order_id);
        return exit_code::input;
    }
    const OrderOutcome outcome = outcome_of(*store, *received);
    fmt::print("{}: {}{}\n", order_id, to_string(outcome.outcome),
               outcome.step.empty() ? "" : " at " + outcome.step);
    if (!outcome.reason.empty()) {
        fmt::print("{}\n", outcome.reason);
    }
    const auto events = store->read_execution(received->record.execution_id, 0, most_shown);
    const bus::terminal::Tree tree = event_node(
        events.front(), events, deliveries_of(*store, events), events.front().record.occurred_at);
    fmt::print("{}", bus::terminal::render(tree, bus::terminal::look_of(stdout)));
    return exit_code::ran;
}

} // namespace demo
