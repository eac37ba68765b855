#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus deliveries`: lists what agents have not finished, and has it tried now or discarded.
void add_deliveries(CLI::App& app, Shared& shared);

} // namespace bus::cli
