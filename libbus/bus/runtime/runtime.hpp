#pragma once

#include <bus/runtime/clock_reading.hpp>
#include <bus/runtime/environment.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace bus {

/// Something to run. It must not throw, because no caller could receive the exception.
using Task = std::function<void()>;

/// Runs tasks, each of them once. A task never runs before post() has returned, because the caller
/// may hold locks that the task takes. Thread safe. A host may provide its own executor, see
/// SystemRuntime.
class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    /// Queues a task. Must not throw, and must not wait for the task.
    virtual void post(Task task) = 0;
};

/// Provides time, delays, random numbers and threads. libbus gets them from here only, so that a
/// simulation can replace them. All members are thread safe.
class Runtime : public Environment {
public:
    /// Names one call of schedule(), for cancel().
    using TimerId = std::uint64_t;

    /// No limit on the number of tasks, for poll().
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    /// Runs everything except the steps of agents: timers, posted handlers, reading, observers.
    /// Tasks run in any order and in parallel.
    virtual Executor& pool() = 0;

    /// Runs steps of agents. Returns the pool with that name. All agents that give the same name
    /// share the pool; it has as many threads as the largest number that any of them asks for. The
    /// empty name is the pool of all agents that give no name; the runtime decides its number of
    /// threads.
    ///
    /// However long these tasks take, they do not delay the tasks of pool(). A runtime that runs in
    /// the host's own thread, or in virtual time, returns pool() for all names. The executor lives
    /// as long as the runtime.
    virtual Executor& steps(const std::string& name = {}, unsigned threads = 0);

    /// Called with the name of a pool of steps and its number of threads.
    using OnCrowded = std::function<void(const std::string& pool, unsigned threads)>;

    /// Calls `tell` on pool() if steps keep all threads of a pool so busy that one of its tasks has
    /// waited for more than a second. It is called once for each pool, until the returned object is
    /// destroyed. A runtime without such pools never calls it.
    [[nodiscard]] virtual std::shared_ptr<void> watch_steps(OnCrowded tell);

    /// Creates an executor that runs its tasks in order, one at a time. Its tasks may block. Its
    /// destructor runs what is still queued, and waits for it.
    virtual std::unique_ptr<Executor> dedicated(const std::string& name) = 0;

    /// The clock that measures delays. It never jumps, and it goes on while the machine sleeps. By
    /// default it is the system's clock, or now() if time is virtual.
    virtual SteadyTime steady_now();

    /// Reads the steady clock and the wall clock, close together.
    ClockReading read_clocks();

    /// Calls `look` on the pool whenever the wall clock may have been set, until the returned
    /// object is destroyed. The default implementation calls `look` twice a second, and never if
    /// time is virtual. A runtime that is notified of such changes overrides it.
    [[nodiscard]] virtual std::shared_ptr<void> watch_wall_clock(Task look);

    /// Runs the task on the pool when `delay` has passed on the steady clock, even if the wall
    /// clock is set meanwhile. Zero and negative delays mean at once. Tasks begin in the order of
    /// their due times, and tasks due at the same time in the order of scheduling, as far as a pool
    /// of several threads has an order. A delay that goes beyond the end of the clock, such as
    /// Duration::max(), never ends.
    virtual TimerId schedule(Duration delay, Task task) = 0;

    /// Returns true if the task has not begun and now never will.
    virtual bool cancel(TimerId timer) = 0;

    /// Waits until `done` returns true or `timeout` has passed, and returns the last result of
    /// `done`. `done` is called with the lock held. Code that changes what `done` looks at must do
    /// so under the same mutex and then notify the condition. The condition may also be notified if
    /// nothing has changed.
    virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                      const std::function<bool()>& done, std::optional<Duration> timeout = {}) = 0;

    /// True if wait() only waits and runs no tasks. Then a thread that waits for other threads may
    /// as well wait in another way.
    [[nodiscard]] virtual bool only_waits() const noexcept { return false; }

    /// True if tasks run only in threads that call wait() or poll(). Then a thread that waits in
    /// another way delays every thread that waits for such a task.
    [[nodiscard]] virtual bool works_while_waiting() const noexcept { return false; }

    /// True if the clocks stand still while there is work. Then no timer may repeat a check for
    /// ever: the program would never become idle.
    [[nodiscard]] virtual bool virtual_time() const noexcept { return false; }

    /// Keeps this thread busy for about this time. Meant for a task to which other threads bring
    /// work so fast that it is cheaper to let some gather than to handle each at once. Does nothing
    /// if there are no other threads, or if time is virtual.
    virtual void linger(std::chrono::nanoseconds time) noexcept;

    /// Runs ready tasks and due timers in the calling thread, at most `limit` of them, and returns
    /// how many ran. Meant for runtimes that run only in the host's own loop (see PolledRuntime).
    /// Other runtimes do nothing and return 0.
    virtual std::size_t poll(std::size_t limit = unlimited);
};

} // namespace bus
