#pragma once

#include "test/simulation/world.hpp"

#include <optional>
#include <string>

/// The actions of an operator, beside a host and while none runs.
namespace simulation {

/// The request that `ask` makes to a store in its present state; none if it has nothing of that
/// kind.
std::optional<bus::RequestRecord> request_for(const Ask& ask, bus::EventStore& store,
                                              bus::Timestamp now);

std::string words_for(const bus::RequestRecord& request);

/// The time after a life, while no host runs: the operator's visit, and a copy of the log if it is
/// pruned. The power may fail during this time.
void visit(World& world, const Life& life);

} // namespace simulation
