#pragma once

#include <bus/runtime/runtime.hpp>

#include <cstddef>
#include <deque>
#include <mutex>

namespace bus::internal {

/// Lets the agents of a bus run side by side, or one step alone: a step that may kill the process
/// must have no other beside it that could be blamed for it, or escape the blame. Nobody waits in
/// it; who has to wait is called later. Thread safe.
class StepGate {
public:
    /// True: steps may be run until leave(). False: one runs alone, or is about to; `again` is
    /// called when it has ended. It must do nothing but post a task.
    bool enter(Task again);
    void leave();

    /// Calls `run`, which must do nothing but post a task, once nobody else is inside;
    /// leave_alone() ends it.
    void enter_alone(Task run);
    void leave_alone();

private:
    void begin_next_alone(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::size_t inside_ = 0;
    bool alone_ = false;
    std::deque<Task> want_alone_;
    std::deque<Task> want_;
};

} // namespace bus::internal
