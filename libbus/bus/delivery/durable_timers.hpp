#pragma once

#include <bus/agent/runner.hpp>
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
/// The next ones, some 2,000 at most, are kept in memory; the rest stays in the store. Thread safe.
class DurableTimers : public std::enable_shared_from_this<DurableTimers> {
public:
    /// Called on the writer's thread with an event that was stored.
    using OnFired = std::function<void(const EventRecord&)>;

    DurableTimers(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                  OnFired on_fired);

    /// Begins with what is in the store. Throws StoreError.
    void start();
    /// A timer was committed.
    void add(TimerRecord timer);
    /// A timer was erased.
    void remove(std::uint64_t number);
    /// True where none is due and none is firing.
    [[nodiscard]] bool idle();
    /// Fires no more; what is being stored still is.
    void stop();

private:
    using Key = std::pair<Timestamp, std::uint64_t>;
    using Lock = std::unique_lock<std::mutex>;

    void load(Lock& lock);
    void keep(Lock& lock, TimerRecord timer);
    void arm(Lock& lock);
    void fire_due();
    void fire(Lock& lock, TimerRecord timer);
    void give_up(const TimerRecord& timer, const std::string& why);
    void on_stored(const TimerRecord& timer, PartResult&& result);

    EventStore& store_;
    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    OnFired on_fired_;
    std::mutex mutex_;
    std::map<Key, TimerRecord> next_;
    std::map<std::uint64_t, Timestamp> due_of_; ///< of those in next_
    std::optional<Key> last_loaded_;            ///< set: the store may have later ones
    std::size_t firing_ = 0;
    bool stopped_ = true;
    Timestamp not_before_{}; ///< after trouble with the store
    std::optional<Runtime::TimerId> timer_;
    Timestamp timer_due_{};
};

} // namespace bus
