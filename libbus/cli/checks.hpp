#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>

/// What the values of options must be: each refuses others with what would be right.
namespace bus::cli {

/// A whole number, as a position or a count.
CLI::Validator whole_number(std::uint64_t least = 0);

/// A time in seconds, which may have a fraction.
CLI::Validator seconds();

} // namespace bus::cli
