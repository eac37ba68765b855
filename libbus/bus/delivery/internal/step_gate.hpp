#pragma once

#include <bus/runtime/runtime.hpp>

#include <cstddef>
#include <deque>
#include <mutex>

namespace bus::internal {

/// Lets the agents of a bus run in parallel, or one step alone. If a step may kill the process, no
/// other step may run beside it: else it would be unclear which one did. No thread blocks here; a
/// caller that must wait is called back later. Thread safe.
class StepGate {
public:
    /// Returns true if the caller may run steps; it calls leave() afterwards. Returns false if one
    /// step runs alone, or soon will. Then `again` is called when that step has ended. It must do
    /// nothing but post a task.
    bool enter(Task again);
    void leave();

    /// Calls `run` as soon as no other caller is inside. It must do nothing but post a task. Call
    /// leave_alone() when the lone step has ended.
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
