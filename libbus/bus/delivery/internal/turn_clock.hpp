#pragma once

#include <bus/runtime/runtime.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace bus::internal {

/// Says when a turn has lasted long enough. If steps are slow, it reads the clock after each of
/// them, otherwise after a few dozen: reading it takes a tenth of the time of a quick step.
class TurnClock {
public:
    explicit TurnClock(Runtime& runtime) : runtime_{runtime}, begin_{runtime.steady_now()} {}

    /// Whether the turn must end; call it before each step.
    bool is_over() {
        if (steps_++ < next_look_) {
            return false;
        }
        const Duration taken = runtime_.steady_now() - begin_;
        pace_ = taken > longest / 16 ? 1 : std::min(pace_ * 2, slowest_pace);
        next_look_ = steps_ + pace_;
        return taken >= longest;
    }

private:
    static constexpr Duration longest = std::chrono::milliseconds{5};
    static constexpr std::size_t slowest_pace = 32;

    Runtime& runtime_;
    SteadyTime begin_;
    std::size_t steps_ = 0;
    std::size_t next_look_ = 1;
    std::size_t pace_ = 1;
};

} // namespace bus::internal
