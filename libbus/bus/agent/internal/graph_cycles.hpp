#pragma once

#include <bus/agent/graph.hpp>

#include <vector>

namespace bus::internal {

/// What an agent does with events of a type, the nearest base first; nullptr: nothing.
const EventGraph::Reaction* reaction_to(const EventGraph::AgentNode& agent, const EventType& type);

/// See EventGraph::cycles. The agents are sorted by name. Takes time and memory in the order of
/// (emissions taken by agents) squared, whatever the number of cycles.
std::vector<EventGraph::Cycle> cycles_of(const std::vector<EventGraph::AgentNode>& agents);

} // namespace bus::internal
