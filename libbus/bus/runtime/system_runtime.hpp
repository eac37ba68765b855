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

/// The system's clock and random source, with pools of threads or on the host's own executor.
class SystemRuntime final : public Runtime {
public:
    /// `threads` for agents' steps, and as many for all else, so that timers and posted handlers
    /// never wait for a step. They start with the first task of their kind. 0 means as many as the
    /// process may use cores (by its affinity, and by the quota of its control group, such as a
    /// container's), at least 2. Tasks begin in the order in which they were posted.
    explicit SystemRuntime(unsigned threads = 0);

    /// Tasks of the pool run on the host's executor, such as a boost::asio::io_context or the loop
    /// of a user interface, and so do steps of agents, of which a slow one keeps it busy. Only
    /// timers (one thread that posts what is due), dedicated executors and pools that agents name
    /// (AgentSettings::pool) have threads of their own.
    ///
    /// `host->post` is called from any thread, also with locks of the bus held: it must be thread
    /// safe, must not run the task before it returns, and must not throw. The executor, with all
    /// that it refers to, must work until this runtime is gone. A task that it drops unrun makes
    /// wait() throw std::logic_error where it would have to wait. What it runs or drops after the
    /// end of this runtime does nothing. Throws std::invalid_argument where `host` is null.
    explicit SystemRuntime(std::shared_ptr<Executor> host);

    /// Runs what is queued on the pool, drops timers that are not due, and joins all threads. On a
    /// host's executor: runs here what the host has not run yet, and waits for what it is running
    /// on other threads. In a child of fork() it does nothing, and what has to do with threads
    /// throws std::logic_error.
    ~SystemRuntime() override;

    Timestamp now() override;
    std::uint64_t random() override;
    Executor& pool() override;
    Executor& steps(const std::string& name = {}, unsigned threads = 0) override;
    [[nodiscard]] std::shared_ptr<void> watch_steps(OnCrowded tell) override;
    std::unique_ptr<Executor> dedicated(const std::string& name) override;
    TimerId schedule(Duration delay, Task task) override;
    bool cancel(TimerId timer) override;
    /// Only waits: on a host's executor, not to be called on the one thread that runs the tasks.
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout) override;

    void linger(std::chrono::nanoseconds time) noexcept override;

    [[nodiscard]] bool only_waits() const noexcept override { return !host_; }

private:
    void check_process() const { home_.check("a runtime"); }

    const detail::HomeProcess home_;
    const unsigned step_threads_;
    std::unique_ptr<internal::StepPools> steps_;    // stopped first, destroyed last
    std::unique_ptr<internal::ThreadPool> threads_; // or
    std::unique_ptr<internal::HostPool> host_;
    std::unique_ptr<internal::TimerThread> timers_;
};

} // namespace bus
