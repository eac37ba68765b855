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

/// Publishes the store's timers when they are due, in the order of due time and number. A timer is
/// erased in the same part that stores its event, so it fires once, and a cancelled one never.
/// The next ones, some 2,000 at most, are kept in memory; the rest stays in the store.
///
/// In memory a timer is due on the steady clock. Its row has a time of the wall clock, so that it
/// means something after a restart too: when that clock is set, all rows are moved with it.
/// Thread safe.
class DurableTimers : public internal::ClockUser,
                      public std::enable_shared_from_this<DurableTimers> {
public:
    /// Called on the writer's thread with an event that was stored.
    using OnFired = std::function<void(const EventRecord&)>;

    DurableTimers(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                  OnFired on_fired);

    /// What is to be committed before start(), where the wall clock was set back since the last
    /// program ran: timers of the future, moved so that the newest was scheduled just now. Throws
    /// StoreError.
    [[nodiscard]] Part bring_back();
    /// Begins with what is in the store. Throws StoreError.
    void start();
    /// A timer was committed.
    void add(StartedTimer timer);
    /// A timer was erased.
    void remove(std::uint64_t number);
    /// True where none is due and none is firing.
    [[nodiscard]] bool idle();
    /// Fires no more; what is being stored still is.
    void stop();

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
    std::map<std::uint64_t, SteadyTime> due_of_; ///< of those in next_
    std::optional<Key> last_loaded_;             ///< set: the store may have later ones
    Duration
        lead_{}; ///< of the times in the rows over those on the steady clock; changed by adopt()
    Duration to_move_{};  ///< the wall clock was set by so much, and the rows are as before
    bool moving_ = false; ///< rows are moved, or are about to be: nothing is loaded
    std::size_t firing_ = 0;
    bool stopped_ = true;
    SteadyTime not_before_{}; ///< after trouble with the store
    std::optional<Runtime::TimerId> timer_;
    SteadyTime timer_due_{};
};

} // namespace bus
