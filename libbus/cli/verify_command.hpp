#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus verify`: proves that nothing in the store is missing or damaged, or says what is, what it
/// means and what to do. Exit code 0: it is whole; 1: damage was found.
void add_verify(CLI::App& app, Shared& shared);

} // namespace bus::cli
