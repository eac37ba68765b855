#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus prune --before`: removes the oldest events from the log.
void add_prune(CLI::App& app, Shared& shared);

} // namespace bus::cli
