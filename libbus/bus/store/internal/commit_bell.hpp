#pragma once

#include <boost/atomic/atomic.hpp>

namespace bus::internal {

/// Wakes all threads that wait for one commit, when all of them have their results. The writer's
/// thread wakes only one of them, and that one wakes the others. If the writer woke each of them,
/// this would cost it as much as writing, because the system must find a processor for each. Thread
/// safe.
///
/// std::atomic is not used here: in libstdc++ it yields the processor four times before it waits.
/// With hundreds of waiting threads, that means four useless switches for each of them.
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
    // An int, because the system can wait on it without a table of waiters.
    boost::atomic<int> rung_{0};
    boost::atomic<int> passed_on_{0};
};

} // namespace bus::internal
