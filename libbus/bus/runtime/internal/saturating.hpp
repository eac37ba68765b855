#pragma once

#include <bus/runtime/environment.hpp>

#include <algorithm>
#include <chrono>

namespace bus::internal {

/// Returns `start + delay`. Negative delays count as zero, and a result beyond the end of the clock
/// becomes its last moment: a delay of Duration::max() means for ever and does not overflow.
template <class Clock, class Unit, class Length>
std::chrono::time_point<Clock, Unit> later(std::chrono::time_point<Clock, Unit> start,
                                           Length delay) {
    using Time = std::chrono::time_point<Clock, Unit>;
    // A start before the clock's zero counts as zero, because the difference could overflow
    // otherwise.
    const auto room = std::chrono::duration_cast<Length>(Time::max() - std::max(start, Time{}));
    if (delay >= room) {
        return Time::max();
    }
    return start + std::chrono::duration_cast<Unit>(std::max(delay, Length::zero()));
}

/// Rounds down to a microsecond. A value that a Duration cannot hold becomes the longest Duration.
inline Duration whole_micros(double micros) noexcept {
    // The longest Duration is not representable as a double; the comparison uses the next double
    // above it.
    return micros < static_cast<double>(Duration::max().count())
               ? Duration{static_cast<Duration::rep>(micros)}
               : Duration::max();
}

} // namespace bus::internal
