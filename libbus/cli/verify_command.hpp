#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus verify`: checks whether anything in the store is missing or damaged. If so, it says what,
/// what it means and what to do. The exit code is 0 if the store is intact, 1 if it is damaged.
void add_verify(CLI::App& app, Shared& shared);

} // namespace bus::cli
