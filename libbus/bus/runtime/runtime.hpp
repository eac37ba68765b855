#pragma once

#include <bus/runtime/environment.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace bus {

/// Something to run. It must not throw: there is nobody to tell.
using Task = std::function<void()>;

/// Runs tasks, now or later. Thread safe.
class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    virtual void post(Task task) = 0;
};

/// Time, delays, random numbers and threads: the one seam through which libbus gets them, so
/// that a simulation can put its own in their place. All members are thread safe.
class Runtime : public Environment {
public:
    using TimerId = std::uint64_t;

    /// Where agents run; tasks run in any order and at the same time.
    virtual Executor& pool() = 0;

    /// An executor that runs its tasks in order, one at a time, and may block while it does.
    /// Destroying it runs what is queued, and waits.
    virtual std::unique_ptr<Executor> dedicated(const std::string& name) = 0;

    /// Runs the task on the pool once `delay` is over; zero and negative delays mean at once.
    virtual TimerId schedule(Duration delay, Task task) = 0;

    /// True where the task had not begun and never will.
    virtual bool cancel(TimerId timer) = 0;

    /// Waits until `done`, which is called with the lock held, or until `timeout` is over. Whoever
    /// changes what `done` looks at does so under the same mutex and notifies the condition.
    /// Returns what `done` says at the end.
    virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                      const std::function<bool()>& done, std::optional<Duration> timeout = {}) = 0;
};

} // namespace bus
