#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus requests`: what operators have asked for, and what came of it.
void add_requests(CLI::App& app, Shared& shared);

} // namespace bus::cli
