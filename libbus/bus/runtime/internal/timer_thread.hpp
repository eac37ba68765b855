#pragma once

#include <bus/runtime/internal/timer_queue.hpp>

#include <thread>

namespace bus::internal {

/// One thread that hands tasks to an executor when they are due, in the order of their times. It
/// starts with the first of them; its end drops those that are not due.
class TimerThread {
public:
    explicit TimerThread(Executor& executor) : executor_{executor} {}

    TimerThread(const TimerThread&) = delete;
    TimerThread& operator=(const TimerThread&) = delete;
    ~TimerThread();

    /// Throws std::system_error where the system has no thread for it.
    Runtime::TimerId add(Duration delay, Task task);
    bool cancel(Runtime::TimerId id);

private:
    void run();

    Executor& executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    TimerQueue<SteadyTime> queue_;
    bool stopping_ = false;
    std::thread thread_; // by the mutex
};

} // namespace bus::internal
