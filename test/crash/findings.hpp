#pragma once

#include "test/crash/subject.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace bus {
class EventGraph;
}

namespace crash {

/// How often each thing is there; a thing is told by a text.
using Census = std::map<std::string, std::uint64_t>;

/// What `found` has too little of is lost, what it has too much of is duplicated.
void compare(const Census& expected, const Census& found, const std::string& what,
             Findings& findings);

/// What tells one event from another of its type.
enum class Detail : std::uint8_t {
    aggregates, ///< its aggregate only: what else it says depends on the order of things
    data,       ///< all that it says
};

/// All events of a store, and the deliveries that wait, by agent, state and event.
Census events_and_rows(bus::EventStore& store, Detail detail);

/// Each agent's account: every event of its types since its start is finished, discarded,
/// deferred, parked or dead, and none of them is counted twice; and nothing is quarantined, unless
/// it is the one delivery (agent and position) that should be. `log`: all events that ever were in
/// the store, which is the store itself unless it was pruned.
void check_conservation(bus::EventStore& store, bus::EventStore& log, const bus::EventGraph& graph,
                        const std::pair<std::string, bus::Position>& quarantined,
                        Findings& findings);

/// verify() finds nothing damaged in the store.
void check_verified(const std::filesystem::path& store, Findings& findings);

/// The content of a file; empty, with a complaint, if it cannot be read.
std::string content(const std::filesystem::path& file, Findings& findings);

} // namespace crash
