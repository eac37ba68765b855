#pragma once

#include <bus/agent/graph.hpp>

#include <vector>

namespace bus::internal {

/// Returns what an agent does with events of a type: its reaction to the type, or to the nearest
/// base; nullptr: nothing.
const EventGraph::Reaction* reaction_to(const EventGraph::AgentNode& agent, const EventType& type);

/// See EventGraph::cycles. The agents must be sorted by name. Time and memory grow with the square
/// of the number of emissions that agents take, whatever the number of cycles.
std::vector<EventGraph::Cycle> cycles_of(const std::vector<EventGraph::AgentNode>& agents);

} // namespace bus::internal
