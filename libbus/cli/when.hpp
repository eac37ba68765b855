#pragma once

#include <bus/runtime/environment.hpp>

#include <string>
#include <string_view>

namespace bus::cli {

/// A time as people give it: RFC 3339 (`2026-11-23T12:00:00Z`, without an offset UTC), a day
/// (`2026-11-23`, its beginning in UTC), or how long ago, in seconds, minutes, hours, days or weeks
/// (`90s`, `15m`, `2h`, `7d`, `4w`). Throws UsageError naming the text and what would be right.
Timestamp parse_when(std::string_view text, Timestamp now);

/// A time for people: `2026-11-23 12:00:00.123`.
std::string short_time(Timestamp time);

/// The same without seconds, where there is no room for them.
std::string to_the_minute(Timestamp time);

} // namespace bus::cli
