#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus {

/// The system's clock and random source, and a pool of threads.
class SystemRuntime final : public Runtime {
public:
    /// `threads`: of the pool; 0 means as many as the machine has cores, at least 2.
    explicit SystemRuntime(unsigned threads = 0);
    /// Runs what is queued on the pool, drops timers that are not due, and joins all threads.
    ~SystemRuntime() override;

    Timestamp now() override;
    std::uint64_t random() override;
    Executor& pool() override;
    std::unique_ptr<Executor> dedicated(const std::string& name) override;
    TimerId schedule(Duration delay, Task task) override;
    bool cancel(TimerId timer) override;
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout) override;

private:
    class Threads;
    class Timers;
    std::unique_ptr<Threads> pool_;
    std::unique_ptr<Timers> timers_;
};

} // namespace bus
