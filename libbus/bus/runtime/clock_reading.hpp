#pragma once

#include <bus/runtime/environment.hpp>

#include <limits>

namespace bus {

/// The clock type of SteadyTime.
struct SteadyClock {
    using rep = Duration::rep;                               ///< type of a count
    using period = Duration::period;                         ///< of a count: a microsecond
    using duration = Duration;                               ///< length of time on the clock
    using time_point = std::chrono::time_point<SteadyClock>; ///< moment on the clock
    static constexpr bool is_steady = true;                  ///< it never jumps
};

/// A moment on the clock that measures delays, see Runtime::steady_now(). Comparable only within
/// one run of the program.
using SteadyTime = SteadyClock::time_point;

/// The time of both clocks at one moment. It converts times from one clock to the other; the result
/// is right as long as the wall clock is not set in between. Results beyond the range of a clock
/// become its first or last moment.
struct ClockReading {
    SteadyTime steady{}; ///< time of the steady clock
    Timestamp wall{};    ///< time of the wall clock, UTC

    /// The steady time at which the wall clock will show `time`.
    [[nodiscard]] constexpr SteadyTime steady_of(Timestamp time) const noexcept {
        return SteadyTime{
            moved(time.time_since_epoch(), steady.time_since_epoch(), wall.time_since_epoch())};
    }

    /// The wall-clock time at the steady time `time`.
    [[nodiscard]] constexpr Timestamp wall_of(SteadyTime time) const noexcept {
        return Timestamp{
            moved(time.time_since_epoch(), wall.time_since_epoch(), steady.time_since_epoch())};
    }

    /// How far the wall clock is ahead of the steady clock. Changes only if the wall clock is set.
    [[nodiscard]] constexpr Duration lead() const noexcept {
        return wall.time_since_epoch() - steady.time_since_epoch();
    }

private:
    /// Returns `time + to - from`. The ends of the range remain unchanged.
    static constexpr Duration moved(Duration time, Duration to, Duration from) noexcept {
        if (time == Duration::max() || time == Duration::min()) {
            return time;
        }
        const Duration by = to - from;
        if (by > Duration::zero() && time > Duration::max() - by) {
            return Duration::max();
        }
        if (by < Duration::zero() && time < Duration::min() - by) {
            return Duration::min();
        }
        return time + by;
    }
};

} // namespace bus
