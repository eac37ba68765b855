#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus restore`: puts a backup in the place of the store.
void add_restore(CLI::App& app, Shared& shared);

} // namespace bus::cli
