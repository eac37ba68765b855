#pragma once

#include <bus/runtime/runtime.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace bus::internal {

/// Timers that are cancelled together, because a timer that is left would keep the host's loop from
/// ending. Thread safe.
class PendingTimers {
public:
    /// As Runtime::schedule; does nothing after cancel_all().
    void schedule(Runtime& runtime, Duration delay, Task task) {
        // A timer that fires at once waits until it is entered.
        const std::lock_guard lock{state_->mutex};
        if (state_->cancelled) {
            return;
        }
        const std::uint64_t number = ++state_->last_number;
        state_->ids[number] =
            runtime.schedule(delay, [weak = std::weak_ptr{state_}, number, task = std::move(task)] {
                if (const auto state = weak.lock()) {
                    const std::lock_guard forgets{state->mutex};
                    state->ids.erase(number);
                }
                task();
            });
    }

    /// Cancels all timers; none can be scheduled after that.
    void cancel_all(Runtime& runtime) {
        std::unordered_map<std::uint64_t, Runtime::TimerId> ids;
        {
            const std::lock_guard lock{state_->mutex};
            state_->cancelled = true;
            ids.swap(state_->ids);
        }
        for (const auto& [number, id] : ids) {
            runtime.cancel(id);
        }
    }

private:
    struct State {
        std::mutex mutex;
        bool cancelled = false;
        std::uint64_t last_number = 0;
        std::unordered_map<std::uint64_t, Runtime::TimerId> ids;
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

} // namespace bus::internal
