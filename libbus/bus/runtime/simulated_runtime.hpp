#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>
#include <random>
#include <vector>

namespace bus {

/// A runtime in one thread with a virtual clock. Nothing runs until the test says so, and time
/// stands still while tasks run. If several tasks could run, a seeded generator chooses one. The
/// same seed and the same calls result in the same run. While the runtime exists, events created on
/// its thread get their times and ids from it. Not thread safe: one thread creates it, drives it
/// and destroys it.
class SimulatedRuntime final : public Runtime {
public:
    /// `start`: the first time of the clock; 2025-01-01T00:00:00Z by default.
    explicit SimulatedRuntime(std::uint64_t seed = 1,
                              Timestamp start = Timestamp{std::chrono::seconds{1'735'689'600}});
    ~SimulatedRuntime() override;

    /// Runs one task without moving the time. Returns false if there is none.
    bool run_one();
    /// Runs tasks, without moving the time, until none is left. Returns how many ran.
    std::size_t run_ready();
    /// Runs tasks and timers in order until `duration` has passed on the clock. Returns how many
    /// ran.
    std::size_t run_for(Duration duration);
    /// Runs tasks and timers until none is left, or until `limit` has passed on the clock. Returns
    /// how many ran.
    std::size_t run_until_idle(Duration limit = std::chrono::hours{24 * 365});
    /// Moves the clock forward by `duration` and runs nothing. This simulates an operation that
    /// takes time, such as a slow disk or an outside system, or a machine that sleeps. Timers that
    /// become due meanwhile run late.
    void pass(Duration duration);
    /// Sets the wall clock forward, or back if `by` is negative, as an administrator or NTP does.
    /// The steady clock is not affected. Watches of the wall clock are notified by tasks.
    void step_wall_clock(Duration by);

    Timestamp now() override;
    SteadyTime steady_now() override;

    [[nodiscard]] bool virtual_time() const noexcept override { return true; }

    std::uint64_t random() override;
    Executor& pool() override;
    std::unique_ptr<Executor> dedicated(const std::string& name) override;
    TimerId schedule(Duration delay, Task task) override;
    bool cancel(TimerId timer) override;
    [[nodiscard]] std::shared_ptr<void> watch_wall_clock(Task look) override;
    /// Runs ready tasks and due timers without moving the time.
    std::size_t poll(std::size_t limit = unlimited) override;
    /// Runs tasks until `done` returns true, or until tasks have let more than `timeout` pass. If
    /// no task is left, moves the time to the next timer. Throws std::logic_error if nothing is
    /// left that could make `done` true.
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout) override;

private:
    class PoolQueue;
    class OrderedQueue;
    class Timers;

    void move_to(SteadyTime time);
    bool run_next_timer(SteadyTime limit);

    AmbientEnvironment ambient_;
    std::mt19937_64 generator_;
    SteadyTime now_;
    Duration stepped_{}; ///< how far the wall clock was set forward
    std::vector<std::weak_ptr<Task>> watches_;
    std::unique_ptr<PoolQueue> pool_;
    std::vector<OrderedQueue*> ordered_;
    std::unique_ptr<Timers> timers_;
};

} // namespace bus
