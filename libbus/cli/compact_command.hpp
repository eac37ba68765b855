#pragma once

#include <cli/shared.hpp>

namespace bus::cli {

/// `bus compact`: gives the free space of the file back to the disk.
void add_compact(CLI::App& app, Shared& shared);

} // namespace bus::cli
