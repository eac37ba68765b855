#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus {

namespace internal {
class HostPool;
class StepPools;
class ThreadPool;
class TimerThread;
} // namespace internal

/// A runtime with the system's clock and random source. It runs tasks on thread pools of its own,
/// or on an executor of the host. Thread safe.
class SystemRuntime final : public Runtime {
public:
    /// Uses `threads` threads for the steps of agents, and as many for everything else, so that
    /// timers and posted handlers never wait for a step. The threads start with the first task of
    /// their kind. 0 means as many as the cores that the process may use (limited by its affinity,
    /// and by the quota of its control group, such as that of a container), but at least 2. Tasks
    /// begin in the order in which they were posted.
    explicit SystemRuntime(unsigned threads = 0);

    /// Runs the tasks of the pool, and the steps of agents, on the host's executor, such as a
    /// boost::asio::io_context or the loop of a user interface. A slow step keeps that executor
    /// busy. The runtime still makes threads of its own for timers (one thread, which posts the
    /// tasks that are due), for dedicated executors, and for pools that agents name
    /// (AgentSettings::pool).
    ///
    /// `host->post` may be called from any thread, also while locks of the bus are held. So it must
    /// be thread safe, must not run the task before it returns, and must not throw. The executor,
    /// and everything it refers to, must work until this runtime is destroyed. If the executor has
    /// dropped a task without running it, wait() throws std::logic_error instead of waiting. Tasks
    /// that the executor runs or drops after the end of this runtime do nothing. Throws
    /// std::invalid_argument if `host` is null.
    explicit SystemRuntime(std::shared_ptr<Executor> host);

    /// Runs what is queued on the pool, drops the timers that have not been posted to the pool yet,
    /// and joins all threads. With a host's executor, the destructor itself runs the tasks that the
    /// host has not run yet, and waits for those that the host is running on other threads. The
    /// tasks that run until then may use the runtime; timers that they set are dropped. In a child
    /// of fork() the destructor does nothing, and members that use threads throw std::logic_error.
    ~SystemRuntime() override;

    Timestamp now() override;
    std::uint64_t random() override;
    Executor& pool() override;
    Executor& steps(const std::string& name = {}, unsigned threads = 0) override;
    [[nodiscard]] std::shared_ptr<void> watch_steps(OnCrowded tell) override;
    std::unique_ptr<Executor> dedicated(const std::string& name) override;
    TimerId schedule(Duration delay, Task task) override;
    bool cancel(TimerId timer) override;
    /// Blocks the calling thread, which runs no tasks meanwhile. So with a host's executor, wait
    /// must not be called on the only thread that runs the tasks. See Runtime::wait.
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout) override;

    void linger(std::chrono::nanoseconds time) noexcept override;

    [[nodiscard]] bool only_waits() const noexcept override { return !host_; }

private:
    void check_process() const { home_.check("a runtime"); }

    const detail::HomeProcess home_;
    const unsigned step_threads_;
    std::unique_ptr<internal::StepPools> steps_;
    std::unique_ptr<internal::ThreadPool> threads_; // or host_
    std::unique_ptr<internal::HostPool> host_;
    std::unique_ptr<internal::TimerThread> timers_;
};

} // namespace bus
