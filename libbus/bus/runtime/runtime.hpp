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

/// Something to run. It must not throw: there is nobody to tell.
using Task = std::function<void()>;

/// Runs tasks, each once, but never before post() has returned: whoever posts may hold locks that
/// the task takes. Thread safe. A host may bring one of its own, see SystemRuntime.
class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    /// Must not throw, and not wait for the task.
    virtual void post(Task task) = 0;
};

/// Time, delays, random numbers and threads: the one seam through which libbus gets them, so
/// that a simulation can put its own in their place. All members are thread safe.
class Runtime : public Environment {
public:
    using TimerId = std::uint64_t;

    /// No limit, for poll().
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    /// Runs all that is no agent's step: timers, posted handlers, reading, observers. Tasks
    /// run in any order and at the same time.
    virtual Executor& pool() = 0;

    /// Runs steps of agents: the pool of that name, which all share that name it, with as many
    /// threads as the one that asks for most. The empty name is the pool of all agents that name
    /// none; the runtime knows its threads. However long these tasks take, those of pool() go on. A
    /// runtime that runs in the host's own thread, or in virtual time, has pool() for all of them.
    /// What is returned lives as long as the runtime.
    virtual Executor& steps(const std::string& name = {}, unsigned threads = 0);

    /// Called with the name of a pool of steps, and its threads.
    using OnCrowded = std::function<void(const std::string& pool, unsigned threads)>;

    /// Calls `tell` on pool() when steps have kept all threads of a pool busy for so long that a
    /// task of it has waited for more than a second, once for each pool, until what is returned
    /// goes. A runtime without such pools never does.
    [[nodiscard]] virtual std::shared_ptr<void> watch_steps(OnCrowded tell);

    /// An executor that runs its tasks in order, one at a time, and may block while it does.
    /// Destroying it runs what is queued, and waits.
    virtual std::unique_ptr<Executor> dedicated(const std::string& name) = 0;

    /// The clock that delays are counted on. It never jumps, and goes on while the machine sleeps.
    /// Unless a runtime says otherwise it is the system's, or where time is virtual, now().
    virtual SteadyTime steady_now();

    /// The steady clock and the wall clock, read close together.
    ClockReading read_clocks();

    /// Calls `look` on the pool whenever the wall clock may have been set, until what is returned
    /// goes. A runtime that hears of it overrides this one, which calls `look` twice a second, and
    /// never where time is virtual.
    [[nodiscard]] virtual std::shared_ptr<void> watch_wall_clock(Task look);

    /// Runs the task on the pool once `delay` is over on the steady clock, whatever becomes of the
    /// wall clock; zero and negative delays mean at once. Tasks begin in the order of the times
    /// when they are due, ties in the order of scheduling, as far as a pool of several threads has
    /// an order. A delay past the end of the clock, such as Duration::max(), never ends.
    virtual TimerId schedule(Duration delay, Task task) = 0;

    /// True where the task had not begun and never will.
    virtual bool cancel(TimerId timer) = 0;

    /// Waits until `done`, which is called with the lock held, or until `timeout` is over. Whoever
    /// changes what `done` looks at does so under the same mutex and notifies the condition, which
    /// may also be notified when nothing has changed. Returns what `done` says at the end.
    virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                      const std::function<bool()>& done, std::optional<Duration> timeout = {}) = 0;

    /// True where wait() does nothing but wait, so that who waits for something that other threads
    /// will do may as well wait in another way.
    [[nodiscard]] virtual bool only_waits() const noexcept { return false; }

    /// True if tasks run only in threads that call wait() or poll(): a thread that waits in another
    /// way keeps those waiting who wait for such a task.
    [[nodiscard]] virtual bool works_while_waiting() const noexcept { return false; }

    /// True where the clocks stand still while there is work, so that nothing may be asked again
    /// and again by the clock alone.
    [[nodiscard]] virtual bool virtual_time() const noexcept { return false; }

    /// Keeps this thread busy for about so long: for a task to which other threads bring work so
    /// fast that it is cheaper to let some gather than to look after each. Does nothing where
    /// there are no others, or where time is virtual.
    virtual void linger(std::chrono::nanoseconds time) noexcept;

    /// Runs tasks that are ready and timers that are due in the calling thread, at most `limit` of
    /// them, and returns how many ran: for runtimes that run only in the host's own loop (see
    /// PolledRuntime). Those that run by themselves have nothing to do here, and return 0.
    virtual std::size_t poll(std::size_t limit = unlimited);
};

} // namespace bus
