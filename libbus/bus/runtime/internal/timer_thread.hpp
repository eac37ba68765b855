#pragma once

#include <bus/runtime/internal/timer_queue.hpp>

#include <thread>

namespace bus::internal {

/// One thread that hands tasks to an executor when they are due, in the order of their due times.
/// The thread starts with the first task.
class TimerThread {
public:
    explicit TimerThread(Executor& executor) : executor_{executor} {}

    TimerThread(const TimerThread&) = delete;
    TimerThread& operator=(const TimerThread&) = delete;
    ~TimerThread();

    /// Joins the thread and drops the tasks that are not due. Tasks that are added afterwards, or
    /// meanwhile, are dropped too.
    void stop();

    /// Throws std::system_error if the system cannot start the thread.
    Runtime::TimerId add(Duration delay, Task task);
    bool cancel(Runtime::TimerId id);

private:
    void run();

    Executor& executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    TimerQueue<SteadyTime> queue_;
    bool stopping_ = false;
    std::thread thread_; // guarded by the mutex
};

} // namespace bus::internal
