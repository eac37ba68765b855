#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/agent/graph.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Small programs to draw.
namespace test {

/// An agent that takes E, and may emit the rest.
template <bus::AnyEventStruct E, bus::EventStruct... Emitted>
std::unique_ptr<ScriptedAgent> reacting(std::string name) {
    auto agent = scripted(std::move(name));
    agent->handles<E, Emitted...>([](const E&) {});
    return agent;
}

template <class... Agents>
bus::EventGraph graph_of(const Agents&... agents) {
    bus::EventGraph graph;
    (graph.add(*agents), ...);
    return graph;
}

inline std::vector<std::string> names_of(const std::vector<const bus::EventType*>& types) {
    std::vector<std::string> names;
    for (const bus::EventType* type : types) {
        names.emplace_back(type->name());
    }
    return names;
}

} // namespace test
