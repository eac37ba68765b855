#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace bus::internal {

/// Decides when a consumer that is faster than its publishers lets events gather before it looks
/// again. If it looks at once, it finds a single event each time, and takes the memory of the
/// mailbox away from the publisher's core. Then both are as slow as the exchange between two cores.
///
/// Waiting pays only if events come fast, so it is tried out. The more often it has brought little,
/// the longer it is not tried again: an agent that emits to itself finds one event each time,
/// however long it waits. Used only by the consumer.
class Gathering {
public:
    /// A batch of `count` events is done, and there were no more. Returns true if the consumer
    /// should let some gather now.
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
        // The events of the first batch had come before; only the next batch shows that more are
        // coming.
        const bool more_comes = std::exchange(follows_, true);
        waited_ = more_comes && rest_ == 0;
        rest_ -= rest_ > 0 ? 1U : 0U;
        return waited_;
    }

    /// A full batch is done: more events are there already.
    void skip() noexcept {
        follows_ = true;
        waited_ = false;
    }

private:
    /// So many events make up for the wait.
    static constexpr std::size_t worth = 4;
    static constexpr std::size_t longest_rest = 1024;

    bool follows_ = false;      ///< the box was not empty at the last look
    bool waited_ = false;       ///< it waited before the last look
    std::size_t rest_ = 0;      ///< batches until a wait is tried again
    std::size_t last_rest_ = 1; ///< how many batches the last pause had
};

} // namespace bus::internal
