#pragma once

#include <bus/runtime/environment.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bus {

/// The number of characters in the text form of a timestamp: `2025-09-01T00:22:59.000001Z`.
inline constexpr std::size_t timestamp_chars = 27;

/// Writes a time as RFC 3339 in UTC, with six digits of fraction and `Z`, without a terminating
/// zero. Returns the end. A time outside the years 0000 to 9999 is clamped to that range. Allocates
/// nothing.
char* write_timestamp(Timestamp time, char* out) noexcept;

/// The 27 characters as a string.
std::string to_text(Timestamp time);

/// Reads an RFC 3339 date-time; a space may replace the `T`. A time without an offset is read as
/// UTC, since the original Python system wrote such times. Fractions are cut to microseconds. A
/// leap second (`:60`), if RFC 3339 allows one at that time, is read as the following second.
/// Returns nullopt for any other text, and for times outside the years 0000 to 9999.
std::optional<Timestamp> try_parse_timestamp(std::string_view text) noexcept;

/// Like try_parse_timestamp(), but throws std::invalid_argument that names the text if it is not a
/// timestamp.
Timestamp parse_timestamp(std::string_view text);

} // namespace bus
