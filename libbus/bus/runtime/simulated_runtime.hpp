#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>
#include <random>
#include <vector>

namespace bus {

/// A runtime in one thread with a clock of its own: nothing runs until it is told to, time stands
/// still while tasks run, and among tasks that could run a seeded generator picks. The same seed
/// and the same calls give the same run. While it lives, events made on its thread are
/// stamped from it. Not thread safe: one thread makes it, drives it and destroys it.
class SimulatedRuntime final : public Runtime {
public:
    /// `start`: what the clock shows at first; 2025-01-01T00:00:00Z unless said.
    explicit SimulatedRuntime(std::uint64_t seed = 1,
                              Timestamp start = Timestamp{std::chrono::seconds{1'735'689'600}});
    ~SimulatedRuntime() override;

    /// Runs one task. False: there was none. Time does not move.
    bool run_one();
    /// Runs tasks until none is left, without moving the time; returns how many ran.
    std::size_t run_ready();
    /// Runs tasks and timers in order until `duration` has passed on the clock.
    std::size_t run_for(Duration duration);
    /// Runs tasks and timers until neither is left, or `limit` has passed on the clock.
    std::size_t run_until_idle(Duration limit = std::chrono::hours{24 * 365});
    /// Moves the clock on by `duration` and runs nothing: what is under way takes its time, as a
    /// slow disk or an outside system does, or while the machine sleeps. Timers that come due
    /// meanwhile are late.
    void pass(Duration duration);
    /// Sets the wall clock forward, or back where negative, as an administrator or NTP does. The
    /// steady clock goes on as before. Those who watch the wall clock are told by tasks.
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
    /// Runs tasks, and timers that are due, without moving the time.
    std::size_t poll(std::size_t limit = unlimited) override;
    /// Runs tasks until `done`, or they have let more than `timeout` pass; where none is left,
    /// moves the time to the next timer. Throws std::logic_error where nothing is left that could
    /// make it true.
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
