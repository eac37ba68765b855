#pragma once

#include <cstdint>

namespace bus {

/// Names a timer, so that it can be cancelled. It is a plain value and may be kept anywhere. It is
/// valid only for the agent or bus that returned it. A default handle names no timer.
struct TimerHandle {
    std::uint64_t number = 0; ///< 0: none

    /// True if the handle names a timer.
    explicit operator bool() const noexcept { return number != 0; }

    /// True if both name the same timer, or both none.
    bool operator==(const TimerHandle&) const = default;
};

} // namespace bus
