#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>

namespace bus::internal {

TimerThread::TimerThread(Executor& executor)
    : executor_{executor}, thread_{[this] {
          name_this_thread("bus-timers");
          run();
      }} {}

TimerThread::~TimerThread() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

Runtime::TimerId TimerThread::add(Duration delay, Task task) {
    const auto due = later(Clock::now(), delay);
    const std::lock_guard lock{mutex_};
    const bool is_first = queue_.next_due().value_or(Clock::time_point::max()) > due;
    const Runtime::TimerId id = queue_.add(due, std::move(task));
    if (is_first) {
        changed_.notify_one();
    }
    return id;
}

bool TimerThread::cancel(Runtime::TimerId id) {
    std::unique_lock lock{mutex_};
    const std::optional<Task> task = queue_.remove(id);
    lock.unlock(); // the task goes without it
    return task.has_value();
}

void TimerThread::run() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        if (std::optional<Task> task = queue_.take_due(Clock::now())) {
            lock.unlock(); // a host's executor does what it likes
            executor_.post(std::move(*task));
            lock.lock();
            continue;
        }
        const auto due = queue_.next_due().value_or(Clock::time_point::max());
        if (due == Clock::time_point::max()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, due);
        }
    }
}

} // namespace bus::internal
