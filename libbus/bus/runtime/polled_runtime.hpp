#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/runtime.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace bus {

/// A runtime for the host's own loop. It has no threads; tasks run only when the host calls poll()
/// or waits. It uses the system's clock and random source. All members are thread safe, but only
/// one thread at a time may call poll().
///
/// The thread that called poll() last is the polling thread. Tasks run only there: in poll(), and
/// in wait(), which runs tasks until its condition holds. So a publish that waits for its commit,
/// Bus::wait_idle and Bus::stop work within one thread. On other threads wait() only waits. Before
/// the first poll(), and after the polling thread has ended, any thread that waits runs tasks, one
/// thread at a time.
class PolledRuntime final : public Runtime {
public:
    using Clock = std::chrono::steady_clock; ///< clock of next_due()

    /// `wake` tells the host that it must call poll(), or must look at next_due() again. It is
    /// called at most once until the next poll(), however much there is to do. It may be called on
    /// any thread, also while locks of the bus are held. So it must be thread safe, must not throw,
    /// and must not call the bus or wait. It is never called after the runtime has been destroyed,
    /// nor for what a task does within poll().
    ///
    /// `in_loop` is for loops that several threads run. It returns whether the calling thread is
    /// one of them. Such a thread runs tasks in wait() too, whichever thread polled last; tasks
    /// still run on one thread at a time. It may be called on any thread, without locks, and must
    /// not throw.
    explicit PolledRuntime(std::function<void()> wake = {}, std::function<bool()> in_loop = {});
    /// Drops all tasks and timers. In a child of fork() the destructor does nothing, and members
    /// that run or take tasks throw std::logic_error.
    ~PolledRuntime() override;

    /// Runs ready tasks and due timers, and what these post, until none is ready or `limit` of them
    /// have run. Returns how many ran. If some are left, calls `wake`. Tasks may call poll()
    /// themselves. If another thread runs tasks within wait(), poll() tells that thread to stop
    /// after its present task and then to call `wake`, and returns 0. Throws std::logic_error while
    /// another thread is in poll().
    std::size_t poll(std::size_t limit = unlimited) override;

    /// The latest time for the next poll(): now or earlier if a task is ready. None: not before
    /// `wake` is called; it is also called if cancel() leaves no timer.
    [[nodiscard]] std::optional<Clock::time_point> next_due() const;

    [[nodiscard]] bool works_while_waiting() const noexcept override { return true; }

    Timestamp now() override;
    std::uint64_t random() override;
    Executor& pool() override;
    /// Runs its tasks among the others: if one blocks, the loop blocks. Its destructor runs what is
    /// still queued, in the calling thread.
    std::unique_ptr<Executor> dedicated(const std::string& name) override;
    TimerId schedule(Duration delay, Task task) override;
    bool cancel(TimerId timer) override;
    /// See the class. On the polling thread, sleeps only if no task is ready and no timer is due.
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout) override;

private:
    class Core;
    /// Throws std::logic_error in a child of fork().
    [[nodiscard]] Core& here() const;

    const detail::HomeProcess home_;
    std::unique_ptr<Core> core_;
};

} // namespace bus
