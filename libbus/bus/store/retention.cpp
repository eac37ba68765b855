#include <bus/store/retention.hpp>

#include <algorithm>
#include <utility>

namespace bus {

namespace {

/// What keeps the events of one agent from being pruned; none: nothing up to `through`.
std::optional<PruneObstacle> obstacle_of(EventStore& store, const AgentRecord& agent,
                                         Position through) {
    std::optional<PruneObstacle> found;
    if (agent.checkpoint < through) {
        found = {agent.name, agent.checkpoint,
                 "is done with those up to " + std::to_string(agent.checkpoint) + " only"};
    }
    for (const DeliveryState state :
         {DeliveryState::deferred, DeliveryState::dead, DeliveryState::parked}) {
        const auto first = store.deliveries(agent.name, state, 0, 1);
        if (!first.empty() && first.front().position <= through &&
            (!found || first.front().position <= found->free_through)) {
            found = {agent.name, first.front().position - 1,
                     "is not done with event " + std::to_string(first.front().position) +
                         ", which is " + to_text(state)};
        }
    }
    return found;
}

} // namespace

AgedEvents aged_events(EventStore& store, Timestamp before, Timestamp now) {
    const Position last = store.last_position();
    const auto end = [last](Position later) { return later == 0 ? last : later - 1; };
    const Position later = store.first_dated_from(before, 0);
    const Position stored = store.last_stored_before(before, now);
    if (later == 0 || later > stored) {
        return {.through = end(later)};
    }
    return {.through = end(store.first_dated_from(before, stored)), .misdated = later};
}

std::optional<PruneObstacle> prune_obstacle(EventStore& store, Position through) {
    std::optional<PruneObstacle> worst;
    for (const AgentRecord& agent : store.agents()) {
        if (auto found = obstacle_of(store, agent, through);
            found && (!worst || found->free_through < worst->free_through)) {
            worst = std::move(found);
        }
    }
    return worst;
}

} // namespace bus
