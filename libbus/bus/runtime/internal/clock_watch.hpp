#pragma once

#include <bus/runtime/internal/timer_queue.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace bus::internal {

/// Something that waits for times of the wall clock. Delays do not need this, because the steady
/// clock measures them.
class ClockUser {
public:
    ClockUser() = default;
    ClockUser(const ClockUser&) = delete;
    ClockUser& operator=(const ClockUser&) = delete;
    virtual ~ClockUser() = default;

    /// Called when the wall clock was set: forward by `by`, or back if it is negative. The user
    /// must compute anew whatever it derived from wall-clock times. Called on the pool, without a
    /// lock.
    virtual void on_clock_set(Duration /*by*/) {}

    /// True while something waits for a time. The clock is watched only then.
    [[nodiscard]] virtual bool waits_for_time() = 0;
};

/// Notices when the wall clock is set. Whenever the runtime says that this may have happened, it
/// checks whether the distance between the wall clock and the steady clock has changed. While
/// nothing waits for a time, it does not check and wakes no thread. It also runs tasks at times of
/// the wall clock. Thread safe.
class ClockWatch : public std::enable_shared_from_this<ClockWatch> {
public:
    explicit ClockWatch(Runtime& runtime);

    /// Called on the pool, once each time the wall clock was set, after the users.
    using OnSet = std::function<void(Duration by)>;
    void on_set(OnSet tell);

    void add(std::weak_ptr<ClockUser> user);
    /// To be called by a user when it begins to wait.
    void watch();
    /// Runs the task on the pool when the wall clock shows `due`, even if the clock is set
    /// meanwhile.
    void at(Timestamp due, Task task);
    /// Ends the checks, and drops the tasks that have not run.
    void stop();

private:
    using Lock = std::unique_lock<std::mutex>;

    void begin(Lock& lock);
    void look();
    void arm(Lock& lock);
    void rest(std::uint64_t asked);
    [[nodiscard]] std::vector<std::shared_ptr<ClockUser>> users(Lock& lock);

    Runtime& runtime_;
    std::mutex mutex_;
    OnSet on_set_;
    Duration lead_; ///< lead of the wall clock at the last check
    std::vector<std::weak_ptr<ClockUser>> users_;
    TimerQueue<Timestamp> tasks_;
    std::uint64_t asked_ = 0;        ///< calls of watch(); rest() must not miss one
    std::shared_ptr<void> watching_; ///< null: not watching
    std::optional<Runtime::TimerId> armed_;
    Timestamp armed_for_{};
    bool stopped_ = false;
};

} // namespace bus::internal
