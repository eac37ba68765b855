#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bus::terminal {

/// A duration for people, in at most two units: `740 us`, `12 ms`, `3.4 s`, `2 min 05 s`,
/// `1 h 02 min`, `3 d 04 h`. A negative one gets a minus sign.
std::string format_duration(std::chrono::nanoseconds duration);

/// A rate per second, with two decimals below 10, one below 100 and none above: `0.52/s`, `52.3/s`,
/// `1,234/s`. Infinity and NaN become `-/s`.
std::string format_rate(double per_second);

/// A count with a comma between thousands: `1,234,567`.
std::string format_count(std::int64_t count);
/// The same for unsigned counts.
std::string format_count(std::uint64_t count);

} // namespace bus::terminal
