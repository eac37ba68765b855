#pragma once

#include <bus/runtime/environment.hpp>

#include <limits>

namespace bus {

/// Names the clock of SteadyTime.
struct SteadyClock {
    using rep = Duration::rep;
    using period = Duration::period;
    using duration = Duration;
    using time_point = std::chrono::time_point<SteadyClock>;
    static constexpr bool is_steady = true;
};

/// A moment on the clock that delays are counted on, see Runtime::steady_now(). It means something
/// within one run of the program only.
using SteadyTime = SteadyClock::time_point;

/// What both clocks show at one moment. It converts times from one to the other, as far as the wall
/// clock is not set in between; what lies past the end of a clock becomes its end.
struct ClockReading {
    SteadyTime steady{};
    Timestamp wall{};

    /// When the wall clock will show `time`.
    [[nodiscard]] constexpr SteadyTime steady_of(Timestamp time) const noexcept {
        return SteadyTime{
            moved(time.time_since_epoch(), steady.time_since_epoch(), wall.time_since_epoch())};
    }

    /// What the wall clock will show at `time`.
    [[nodiscard]] constexpr Timestamp wall_of(SteadyTime time) const noexcept {
        return Timestamp{
            moved(time.time_since_epoch(), wall.time_since_epoch(), steady.time_since_epoch())};
    }

    /// How far the wall clock is ahead of the steady one; changes only where it is set.
    [[nodiscard]] constexpr Duration lead() const noexcept {
        return wall.time_since_epoch() - steady.time_since_epoch();
    }

private:
    /// `time + to - from`. The ends of a clock stay what they are.
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
