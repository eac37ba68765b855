#pragma once

#include <bus/runtime/environment.hpp>

#include <algorithm>
#include <chrono>

namespace bus::internal {

/// `start + delay`, where negative delays count as zero, and what lies past the end of the clock as
/// its end: a delay of Duration::max() is for ever, not an overflow.
template <class Clock, class Unit, class Length>
std::chrono::time_point<Clock, Unit> later(std::chrono::time_point<Clock, Unit> start,
                                           Length delay) {
    using Time = std::chrono::time_point<Clock, Unit>;
    // A start before the clock's zero counts as zero, or the difference itself would overflow.
    const auto room = std::chrono::duration_cast<Length>(Time::max() - std::max(start, Time{}));
    if (delay >= room) {
        return Time::max();
    }
    return start + std::chrono::duration_cast<Unit>(std::max(delay, Length::zero()));
}

/// Rounded down to a microsecond; what is more than a Duration can count is the longest one.
inline Duration whole_micros(double micros) noexcept {
    // Its longest count is no double: the next one above it is.
    return micros < static_cast<double>(Duration::max().count())
               ? Duration{static_cast<Duration::rep>(micros)}
               : Duration::max();
}

} // namespace bus::internal
