#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/flow.hpp>
#include <cli/traces.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace bus::cli {

namespace {

constexpr std::size_t flow_page = 1000;

/// The id of the execution that the options name: by its id, by one of its events, or by a stream,
/// of which the first event counts.
std::string execution_of(EventStore& store, const FlowOptions& options) {
    if (!options.stream.empty()) {
        const std::size_t slash = options.stream.find('/');
        const auto events = slash == std::string::npos
                                ? std::vector<StoredEvent>{}
                                : store.read_stream(options.stream.substr(0, slash),
                                                    options.stream.substr(slash + 1), 0, 1);
        if (events.empty()) {
            throw NotFound{fmt::format("{} has no stream '{}': write TYPE/ID, as `bus events list` "
                                       "shows them",
                                       store.description(), options.stream)};
        }
        return events.front().record.execution_id;
    }
    if (!store.read_execution(options.execution, 0, 1).empty()) {
        return options.execution;
    }
    if (position_of(options.execution) != 0) {
        return find_event(store, options.execution).record.execution_id;
    }
    if (const auto id = try_parse_uuid(options.execution)) {
        if (const auto event = store.find(*id)) {
            return event->record.execution_id;
        }
    }
    throw NotFound{fmt::format("{} has no execution '{}': write the id of one, or the position or "
                               "id of an event of it; `bus events list` shows them",
                               store.description(), options.execution)};
}

void read_requests(EventStore& store, Flow& flow) {
    std::set<Position> positions;
    for (const StoredEvent& event : flow.events) {
        positions.insert(event.position);
    }
    Traces traces;
    std::uint64_t after = 0;
    for (;;) {
        std::vector<RequestRecord> page = store.requests(after, flow_page, false);
        const bool last = page.size() < flow_page;
        for (RequestRecord& request : page) {
            after = request.number;
            if (concerns_deliveries(request.action) && positions.contains(request.position) &&
                !traces.repeats(request)) {
                flow.requests.emplace(request.position, std::move(request));
            }
        }
        if (last) {
            return;
        }
    }
}

void read_timers(EventStore& store, Flow& flow) {
    Timestamp due = Timestamp::min();
    std::uint64_t number = 0;
    for (;;) {
        std::vector<TimerRecord> page = store.timers(due, number, flow_page);
        const bool last = page.size() < flow_page;
        for (TimerRecord& timer : page) {
            due = timer.due;
            number = timer.number;
            if (timer.event.execution_id == flow.execution) {
                flow.timers.push_back(std::move(timer));
            }
        }
        if (last) {
            return;
        }
    }
}

} // namespace

Flow read_flow(EventStore& store, const FlowOptions& options) {
    Flow flow{.execution = execution_of(store, options)};
    if (flow.execution.empty()) {
        throw NotFound{"that event belongs to no execution; `bus events show` shows it alone"};
    }
    const std::size_t limit = options.limit == 0
                                  ? EventStore::unlimited - 1
                                  : std::min(options.limit, EventStore::unlimited - 1);
    flow.events = store.read_execution(flow.execution, 0, limit + 1);
    if (flow.events.size() > limit) {
        flow.cut = true;
        flow.events.pop_back();
    }
    const std::vector<AgentRecord> agents = store.agents();
    for (const StoredEvent& event : flow.events) {
        for (DeliveryRecord& delivery : deliveries_at(store, agents, event.position)) {
            flow.deliveries.emplace(event.position, std::move(delivery));
        }
        flow.effects.emplace(event.record.causation_id, &event);
    }
    read_requests(store, flow);
    read_timers(store, flow);
    return flow;
}

} // namespace bus::cli
