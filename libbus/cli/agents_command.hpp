#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus agents list`: where each agent is in the log, and what it has left. `bus agents forget
/// NAME`: removes what the store keeps for one that is gone for good.
void add_agents(CLI::App& app, Shared& shared);

} // namespace bus::cli
