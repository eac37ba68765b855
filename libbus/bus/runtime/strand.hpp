#pragma once

#include <bus/runtime/runtime.hpp>

#include <deque>
#include <memory>
#include <mutex>

namespace bus {

/// Runs tasks in order, one at a time, on another executor. Whenever its turn comes there, it runs
/// those that wait by then, up to 256. Thread safe; tasks that are queued keep it alive.
class Strand : public std::enable_shared_from_this<Strand> {
public:
    /// `on_idle`, where given, is called whenever the last task has ended.
    explicit Strand(Executor& executor, Task on_idle = {})
        : executor_{executor}, on_idle_{std::move(on_idle)} {}

    void post(Task task);
    /// True where no task waits or runs.
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
