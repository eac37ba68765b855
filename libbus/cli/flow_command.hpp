#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus flow EXECUTION`: the events of a run as a tree of causes, and what agents failed at.
void add_flow(CLI::App& app, Shared& shared);

} // namespace bus::cli
