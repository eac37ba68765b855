#pragma once

#include <bus/agent/runner.hpp>
#include <bus/delivery/step_batch.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/writer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace bus {

/// Publishes the events of the store's timers when they are due, in the order of due time and
/// number. The part that stores the event of a timer also erases the timer. So a timer fires once,
/// and a cancelled timer never fires. The next timers, some 2,000 at most, are kept in memory; the
/// others stay in the store.
///
/// In memory, a timer is due at a time of the steady clock. Its row holds a time of the wall clock,
/// which has a meaning after a restart too. When the wall clock is set, all rows are moved with it.
/// Thread safe.
class DurableTimers : public internal::ClockUser,
                      public std::enable_shared_from_this<DurableTimers> {
public:
    /// Called on the writer's thread with an event that was stored.
    using OnFired = std::function<void(const EventRecord&)>;

    DurableTimers(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                  OnFired on_fired);

    /// A part to be committed before start(). If the wall clock was set back since the last program
    /// ran, some timers were scheduled in the future. The part moves them so that the newest was
    /// scheduled just now. Throws StoreError.
    [[nodiscard]] Part bring_back();
    /// Begins with the timers in the store. Throws StoreError.
    void start();
    /// To be called when a timer was committed.
    void add(StartedTimer timer);
    /// To be called when a timer was erased.
    void remove(std::uint64_t number);
    /// True if no timer is due and none is firing.
    [[nodiscard]] bool idle();
    /// Fires no further timers. Events on their way to the store are still stored.
    void stop();

    /// Moves the rows with the wall clock.
    void on_clock_set(Duration by) override;
    [[nodiscard]] bool waits_for_time() override;

private:
    using Key = std::pair<SteadyTime, std::uint64_t>;
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] SteadyTime steady_of(Timestamp due) const;
    [[nodiscard]] Timestamp row_of(SteadyTime due) const;
    void load(Lock& lock);
    void keep(Lock& lock, StartedTimer timer);
    void begin_move(Lock& lock);
    void move_rows();
    [[nodiscard]] Part moved_rows(Duration by, const std::map<std::uint64_t, SteadyTime>& known);
    void adopt(const Part& rows, Duration by);
    void move_later();
    void each_row(const std::function<void(TimerRecord&)>& use);
    void arm(Lock& lock);
    void fire_due();
    void fire(Lock& lock, StartedTimer timer);
    void give_up(const TimerRecord& timer, const std::string& why);
    void on_stored(const StartedTimer& timer, PartResult&& result);

    EventStore& store_;
    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    OnFired on_fired_;
    std::mutex mutex_;
    std::map<Key, TimerRecord> next_;
    std::map<std::uint64_t, SteadyTime> due_of_; ///< due times of the timers in next_
    std::optional<Key> last_loaded_;             ///< if set, the store may have later timers
    Duration
        lead_{}; ///< how far times in the rows are ahead of the steady clock; adopt() changes it
    Duration to_move_{};  ///< the wall clock was set by this, but the rows are not moved yet
    bool moving_ = false; ///< rows are being moved, or soon will be: load nothing
    std::size_t firing_ = 0;
    bool stopped_ = true;
    SteadyTime not_before_{}; ///< nothing fires before this: a pause after trouble with the store
    std::optional<Runtime::TimerId> timer_;
    SteadyTime timer_due_{};
};

} // namespace bus
