#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus export`: writes events as NDJSON in the wire format.
void add_export(CLI::App& app, Shared& shared);

} // namespace bus::cli
