#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus restore`
void add_restore(CLI::App& app, Shared& shared);

} // namespace bus::cli
