#pragma once

#include <bus/runtime/runtime.hpp>

#include <deque>
#include <memory>
#include <mutex>

namespace bus {

/// Runs tasks in order, one at a time, on another executor. In each of its turns there, it runs the
/// tasks that wait at that moment, at most 256. Thread safe. Queued tasks keep the strand alive, so
/// it must be owned by a shared_ptr.
class Strand : public std::enable_shared_from_this<Strand> {
public:
    /// `on_idle`, if given, is called whenever no task is left after the last one has ended.
    explicit Strand(Executor& executor, Task on_idle = {})
        : executor_{executor}, on_idle_{std::move(on_idle)} {}

    /// Queues a task. Never runs it before post() returns.
    void post(Task task);
    /// True if no task waits or runs.
    [[nodiscard]] bool idle() const;

private:
    void run();

    Executor& executor_;
    Task on_idle_;
    mutable std::mutex mutex_;
    std::deque<Task> tasks_;
    bool running_ = false;
};

} // namespace bus
