#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace bus::internal {

/// Decides when a consumer that is faster than its publishers lets events gather before it looks
/// again. One that looks at once finds a single event each time, and takes the memory of the
/// mailbox away from the publisher's core for it: then both are as slow as the way between two
/// cores. To wait pays only where events come fast, so it is tried, and left alone for the longer
/// the more often it has brought little: an agent that emits to itself finds one event each time,
/// however long it waits. Used by the consumer alone.
class Gathering {
public:
    /// A batch of `count` events is done, which was all that there was. True: let some gather now.
    [[nodiscard]] bool pays(std::size_t count) noexcept {
        if (count == 0) {
            follows_ = waited_ = false;
            return false;
        }
        if (waited_) {
            const bool much = count >= worth;
            last_rest_ = much ? 1 : std::min(last_rest_ * 2, longest_rest);
            rest_ = much ? 0 : last_rest_;
        }
        // What the first batch held had come before; only the next one says that more is coming.
        const bool more_comes = std::exchange(follows_, true);
        waited_ = more_comes && rest_ == 0;
        rest_ -= rest_ > 0 ? 1U : 0U;
        return waited_;
    }

    /// A batch of the full size is done: there is more already.
    void skip() noexcept {
        follows_ = true;
        waited_ = false;
    }

private:
    /// Events that make up for having waited.
    static constexpr std::size_t worth = 4;
    static constexpr std::size_t longest_rest = 1024;

    bool follows_ = false;      ///< the box was not empty at the last look
    bool waited_ = false;       ///< before the last look
    std::size_t rest_ = 0;      ///< batches before it is tried again
    std::size_t last_rest_ = 1; ///< how many there were the last time
};

} // namespace bus::internal
