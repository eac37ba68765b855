#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>

/// Checks for the values of options. If a value is refused, the message says what would be right.
namespace bus::cli {

/// Accepts a whole number of at least `least`, for positions and counts.
CLI::Validator whole_number(std::uint64_t least = 0);

/// Accepts a number of seconds, which may have a fraction.
CLI::Validator seconds();

} // namespace bus::cli
