#pragma once

#include <boost/atomic/atomic.hpp>

namespace bus::internal {

/// Wakes all who wait for one commit, once all of them have their results. The writer's thread
/// wakes one only, and that one the others: waking each cost the writer as much as writing, since
/// the system has to look for a processor for each. Thread safe.
///
/// A std::atomic would do, but libstdc++ gives the processor away four times before it waits, which
/// with hundreds of waiting threads is four switches in vain for each of them.
class CommitBell {
public:
    void wait() noexcept {
        while (rung_.load() == 0) {
            rung_.wait(0);
        }
        if (passed_on_.exchange(1) == 0) {
            rung_.notify_all();
        }
    }

    void ring() noexcept {
        rung_.store(1);
        rung_.notify_one();
    }

private:
    boost::atomic<int> rung_{0}; // an int: what the system waits on, without a table of waiters
    boost::atomic<int> passed_on_{0};
};

} // namespace bus::internal
