#pragma once

#include <bus/runtime/environment.hpp>

#include <string>
#include <string_view>

namespace bus::cli {

/// Reads a time as people write it: RFC 3339 (`2026-11-23T12:00:00Z`; UTC if it has no offset), a
/// day (`2026-11-23`, its beginning in UTC), or how long ago, in seconds, minutes, hours, days or
/// weeks (`90s`, `15m`, `2h`, `7d`, `4w`). Throws UsageError, which quotes the text and says what
/// would be right.
Timestamp parse_when(std::string_view text, Timestamp now);

/// A time for people: `2026-11-23 12:00:00.123`.
std::string short_time(Timestamp time);

/// The same without seconds, for narrow tables.
std::string to_the_minute(Timestamp time);

} // namespace bus::cli
