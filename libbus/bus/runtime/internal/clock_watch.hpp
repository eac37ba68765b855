#pragma once

#include <bus/runtime/internal/timer_queue.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace bus::internal {

/// Something that waits for times. Delays need nothing of it: they are counted on the steady clock.
class ClockUser {
public:
    ClockUser() = default;
    ClockUser(const ClockUser&) = delete;
    ClockUser& operator=(const ClockUser&) = delete;
    virtual ~ClockUser() = default;

    /// The wall clock was set, forward by so much, or back where negative: what was made of its
    /// times is to be made anew. Called on the pool, without a lock.
    virtual void on_clock_set(Duration /*by*/) {}

    /// True while something waits, so that the clock is watched.
    [[nodiscard]] virtual bool waits_for_time() = 0;
};

/// Notices that the wall clock was set: it looks whether the wall clock is still as far from the
/// steady one as before, whenever the runtime says so. While nobody waits for a time it does not
/// look, and wakes nobody. Also runs what is to run at a time of the wall clock. Thread safe.
class ClockWatch : public std::enable_shared_from_this<ClockWatch> {
public:
    explicit ClockWatch(Runtime& runtime);

    /// Called on the pool, once each time that the wall clock was set, after the users.
    using OnSet = std::function<void(Duration by)>;
    void on_set(OnSet tell);

    void add(std::weak_ptr<ClockUser> user);
    /// A user begins to wait; to be called when it says so itself.
    void watch();
    /// Runs the task on the pool once the wall clock shows `due`, also where it is set meanwhile.
    void at(Timestamp due, Task task);
    /// Looks no more, and drops what is still to run.
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
    Duration lead_; ///< of the wall clock, as of the last look
    std::vector<std::weak_ptr<ClockUser>> users_;
    TimerQueue<Timestamp> tasks_;
    std::uint64_t asked_ = 0;        ///< calls of watch(): who rests must not overlook one
    std::shared_ptr<void> watching_; ///< null: at rest
    std::optional<Runtime::TimerId> armed_;
    Timestamp armed_for_{};
    bool stopped_ = false;
};

} // namespace bus::internal
