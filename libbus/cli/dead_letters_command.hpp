#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus dead-letters list`, `show`, `redrive` and `discard`: the events that agents gave up on.
void add_dead_letters(CLI::App& app, Shared& shared);

} // namespace bus::cli
