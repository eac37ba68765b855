#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus flow EXECUTION`: the events of an execution as a tree of causes, with failed deliveries.
void add_flow(CLI::App& app, Shared& shared);

} // namespace bus::cli
