#pragma once

#include <atomic>

namespace bus::internal {

/// Wakes all who wait for one commit by one call to the system, once all of them have their
/// results. Waking them one by one cost the writer's thread more than writing: each was found
/// asleep on an idle processor. Thread safe.
class CommitBell {
public:
    void wait() const noexcept { rung_.wait(0); }

    void ring() noexcept {
        rung_.store(1);
        rung_.notify_all();
    }

private:
    std::atomic<int> rung_{0}; // an int: what the system waits on, without a table of waiters
};

} // namespace bus::internal
