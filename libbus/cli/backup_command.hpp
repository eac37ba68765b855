#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus backup FILE`: makes a copy of the store as it is at one moment.
void add_backup(CLI::App& app, Shared& shared);

} // namespace bus::cli
