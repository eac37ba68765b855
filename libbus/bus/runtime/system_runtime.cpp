#include <bus/runtime/internal/host_pool.hpp>
#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>
#include <bus/runtime/system_environment.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/runtime/yield.hpp>

#include <algorithm>

namespace bus {

SystemRuntime::SystemRuntime(unsigned threads)
    : threads_{std::make_unique<internal::ThreadPool>(
          threads > 0 ? threads : std::max(2U, std::thread::hardware_concurrency()))},
      timers_{std::make_unique<internal::TimerThread>(*threads_)} {}

SystemRuntime::SystemRuntime(std::shared_ptr<Executor> host)
    : host_{std::make_unique<internal::HostPool>(std::move(host))},
      timers_{std::make_unique<internal::TimerThread>(*host_)} {}

SystemRuntime::~SystemRuntime() {
    if (!home_.here()) {
        detail::leave_behind(std::move(timers_));
        detail::leave_behind(std::move(host_));
        detail::leave_behind(std::move(threads_));
        return;
    }
    timers_.reset(); // it posts to the pool
}

Timestamp SystemRuntime::now() {
    return SystemEnvironment::instance().now();
}

std::uint64_t SystemRuntime::random() {
    return SystemEnvironment::instance().random();
}

Executor& SystemRuntime::pool() {
    check_process();
    if (host_) {
        return *host_;
    }
    return *threads_;
}

std::unique_ptr<Executor> SystemRuntime::dedicated(const std::string& name) {
    check_process();
    return std::make_unique<internal::DedicatedThread>(name);
}

Runtime::TimerId SystemRuntime::schedule(Duration delay, Task task) {
    check_process();
    return timers_->add(delay, std::move(task));
}

bool SystemRuntime::cancel(TimerId timer) {
    check_process();
    return timers_->cancel(timer);
}

bool SystemRuntime::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                         const std::function<bool()>& done, std::optional<Duration> timeout) {
    check_process();
    if (host_) {
        return host_->wait(lock, changed, done, timeout);
    }
    if (!timeout) {
        changed.wait(lock, done);
        return true;
    }
    const auto end = internal::later(std::chrono::steady_clock::now(), *timeout);
    return changed.wait_until(lock, end, done);
}

void SystemRuntime::linger(std::chrono::nanoseconds time) noexcept {
    constexpr int pauses_a_look = 4; // at the clock, which takes as long as one of them
    const auto end = std::chrono::steady_clock::now() + time;
    do {
        for (int i = 0; i < pauses_a_look; ++i) {
            pause_thread();
        }
    } while (std::chrono::steady_clock::now() < end);
}

} // namespace bus
