#pragma once

#include <bus/runtime/environment.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bus {

/// Characters in the text form of a timestamp: `2025-09-01T00:22:59.000001Z`.
inline constexpr std::size_t timestamp_chars = 27;

/// Writes a time as RFC 3339 in UTC with six digits of fraction and `Z`; returns the end. Years
/// 0000 to 9999; a time outside is clamped to the nearest of them. No allocation.
char* write_timestamp(Timestamp time, char* out) noexcept;

/// The 27 characters as a string.
std::string to_text(Timestamp time);

/// Reads an RFC 3339 date-time, or the same without an offset, then taken as UTC (the original
/// Python system wrote such); a space may stand for the `T`. A fraction finer than microseconds is
/// cut. A leap second (`:60`, only where RFC 3339 allows one) is read as the following second.
/// Anything else is no timestamp.
std::optional<Timestamp> try_parse_timestamp(std::string_view text) noexcept;

/// As try_parse_timestamp. Throws std::invalid_argument naming the text where it is no timestamp.
Timestamp parse_timestamp(std::string_view text);

} // namespace bus
