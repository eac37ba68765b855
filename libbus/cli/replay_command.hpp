#pragma once

#include <cli/shared.hpp>

namespace bus::cli {

/// `bus replay AGENT`: makes an agent handle the log again.
void add_replay(CLI::App& app, Shared& shared);

} // namespace bus::cli
