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

/// How often each thing is there. A text identifies a thing.
using Census = std::map<std::string, std::uint64_t>;

/// Things of which `found` has too few are lost; those of which it has too many are duplicated.
void compare(const Census& expected, const Census& found, const std::string& what,
             Findings& findings);

/// What distinguishes one event from another of its type.
enum class Detail : std::uint8_t {
    aggregates, ///< only its aggregate: its other members depend on the order of the work
    data,       ///< all its members
};

/// All events of a store, and the deliveries that wait, by agent, state and event.
Census events_and_rows(bus::EventStore& store, Detail detail);

/// Checks the account of each agent: every event of its types since its start is finished,
/// discarded, deferred, parked or dead, and none is counted twice. Nothing is quarantined except
/// the one delivery (agent and position) that should be. `log`: all events that were ever in the
/// store; this is the store itself unless it was pruned.
void check_conservation(bus::EventStore& store, bus::EventStore& log, const bus::EventGraph& graph,
                        const std::pair<std::string, bus::Position>& quarantined,
                        Findings& findings);

/// Checks that verify() finds no damage in the store.
void check_verified(const std::filesystem::path& store, Findings& findings);

/// The content of a file; empty, with a complaint, if it cannot be read.
std::string content(const std::filesystem::path& file, Findings& findings);

} // namespace crash
