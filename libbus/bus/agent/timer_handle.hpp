#pragma once

#include <cstdint>

namespace bus {

/// Names a timer, to cancel it by; a value to be kept anywhere. The default one names none. It
/// means something to the agent (or bus) alone that it came from.
struct TimerHandle {
    std::uint64_t number = 0; ///< 0: none

    explicit operator bool() const noexcept { return number != 0; }

    bool operator==(const TimerHandle&) const = default;
};

} // namespace bus
