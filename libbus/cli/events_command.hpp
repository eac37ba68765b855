#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus events list`, `follow` and `show`: the events of the log.
void add_events(CLI::App& app, Shared& shared);

} // namespace bus::cli
