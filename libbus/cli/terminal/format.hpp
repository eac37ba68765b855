#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bus::terminal {

/// A duration for people, in at most two units: `740 us`, `12 ms`, `3.4 s`, `2 min 05 s`,
/// `1 h 02 min`, `3 d 04 h`. A negative one gets a minus sign.
std::string format_duration(std::chrono::nanoseconds duration);

/// How many a second, with three digits that say something: `0.52/s`, `52.3/s`, `1,234/s`. What is
/// no number, or infinite, is `-/s`.
std::string format_rate(double per_second);

/// A count with a comma between thousands: `1,234,567`.
std::string format_count(std::int64_t count);
std::string format_count(std::uint64_t count);

} // namespace bus::terminal
