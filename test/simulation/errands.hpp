#pragma once

#include "test/simulation/world.hpp"

#include <optional>
#include <string>

/// What an operator does, beside a host and while none runs.
namespace simulation {

/// What is asked for, of a store as it is; none: there is nothing of that kind.
std::optional<bus::RequestRecord> request_for(const Ask& ask, bus::EventStore& store,
                                              bus::Timestamp now);

std::string words_for(const bus::RequestRecord& request);

/// What comes after a life, while no host runs: the operator's visit, and a copy of the log where
/// it is pruned. The power may go in it.
void visit(World& world, const Life& life);

} // namespace simulation
