#include <bus/runtime/internal/host_pool.hpp>
#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/step_pools.hpp>
#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>
#include <bus/runtime/internal/usable_cores.hpp>
#include <bus/runtime/system_environment.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/runtime/yield.hpp>

#include <algorithm>

namespace bus {

SystemRuntime::SystemRuntime(unsigned threads)
    : step_threads_{threads > 0 ? threads : std::max(2U, internal::usable_cores())},
      threads_{std::make_unique<internal::ThreadPool>(step_threads_)},
      timers_{std::make_unique<internal::TimerThread>(*threads_)} {
    steps_ = std::make_unique<internal::StepPools>(*timers_);
}

SystemRuntime::SystemRuntime(std::shared_ptr<Executor> host)
    : step_threads_{0},
      host_{std::make_unique<internal::HostPool>(std::move(host))},
      timers_{std::make_unique<internal::TimerThread>(*host_)} {
    steps_ = std::make_unique<internal::StepPools>(*timers_);
}

SystemRuntime::~SystemRuntime() {
    if (!home_.here()) {
        detail::leave_behind(std::move(steps_));
        detail::leave_behind(std::move(timers_));
        detail::leave_behind(std::move(host_));
        detail::leave_behind(std::move(threads_));
        return;
    }
    // Tasks that still run may use this runtime, so all parts are there until the last one has run.
    steps_->stop();
    timers_->stop();
    if (threads_) {
        threads_->stop();
    }
    do {
        if (host_) {
            host_->run_left();
        } else {
            threads_->run_left();
        }
    } while (steps_->run_left()); // they may have posted to the pool
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

Executor& SystemRuntime::steps(const std::string& name, unsigned threads) {
    check_process();
    if (name.empty()) {
        return host_ ? pool() : steps_->pool(name, step_threads_);
    }
    return steps_->pool(name, std::max(1U, threads));
}

std::shared_ptr<void> SystemRuntime::watch_steps(OnCrowded tell) {
    return steps_->watch(std::move(tell));
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
    // Between looks at the clock; a look takes as long as one pause.
    constexpr int pauses_a_look = 4;
    const auto end = std::chrono::steady_clock::now() + time;
    do {
        for (int i = 0; i < pauses_a_look; ++i) {
            pause_thread();
        }
    } while (std::chrono::steady_clock::now() < end);
}

} // namespace bus
