#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus agents list`: how far each agent is in the log, and what it has not finished.
/// `bus agents rename OLD NEW`: gives an agent another name in the store.
/// `bus agents forget NAME`: removes what the store keeps for an agent that no longer exists.
void add_agents(CLI::App& app, Shared& shared);

} // namespace bus::cli
