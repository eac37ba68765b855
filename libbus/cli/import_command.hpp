#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus import FILE`: appends events from NDJSON in the wire format.
void add_import(CLI::App& app, Shared& shared);

} // namespace bus::cli
