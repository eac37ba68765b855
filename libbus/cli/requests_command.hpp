#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus requests`: the requests of operators, and their results.
void add_requests(CLI::App& app, Shared& shared);

} // namespace bus::cli
