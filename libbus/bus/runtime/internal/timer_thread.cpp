#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/system.hpp>
#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>
#include <bus/runtime/system_environment.hpp>

#include <algorithm>

namespace bus::internal {

namespace {

/// A sleeping thread measures time by a clock that stands still while the machine sleeps. So it
/// sleeps no longer than this, and then looks at the steady clock.
constexpr Duration longest_sleep = std::chrono::milliseconds{500};

SteadyTime now() {
    return SystemEnvironment::steady_now();
}

} // namespace

TimerThread::~TimerThread() {
    stop();
}

void TimerThread::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
    const auto first = [this] {
        const std::lock_guard lock{mutex_};
        return queue_.take_first();
    };
    while (first()) { // each is destroyed without the lock
    }
}

Runtime::TimerId TimerThread::add(Duration delay, Task task) {
    const auto due = later(now(), delay);
    const std::lock_guard lock{mutex_};
    if (stopping_) {
        return 0; // no timer has this id
    }
    if (!thread_.joinable()) {
        thread_ = std::thread{[this] {
            name_this_thread("bus-timers");
            run();
        }};
    }
    const bool is_first = queue_.next_due().value_or(SteadyTime::max()) > due;
    const Runtime::TimerId id = queue_.add(due, std::move(task));
    if (is_first) {
        changed_.notify_one();
    }
    return id;
}

bool TimerThread::cancel(Runtime::TimerId id) {
    std::unique_lock lock{mutex_};
    const std::optional<Task> task = queue_.remove(id);
    lock.unlock(); // the task is destroyed without the lock
    return task.has_value();
}

void TimerThread::run() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        if (std::optional<Task> task = queue_.take_due(now())) {
            lock.unlock(); // the executor of a host may do anything
            executor_.post(std::move(*task));
            lock.lock();
            continue;
        }
        const SteadyTime due = queue_.next_due().value_or(SteadyTime::max());
        if (due == SteadyTime::max()) {
            changed_.wait(lock);
        } else {
            changed_.wait_for(lock, std::min(due - now(), longest_sleep));
        }
    }
}

} // namespace bus::internal
