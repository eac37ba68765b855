#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/internal/event_box.hpp>
#include <bus/agent/internal/gathering.hpp>
#include <bus/agent/internal/parking.hpp>
#include <bus/agent/runner.hpp>
#include <bus/agent/step_effects.hpp>
#include <bus/dispatch/worker_scope.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bus::internal {

class Mailbox;

/// One consumer's part of a mailbox: the events of some sequences, in order. What only the consumer
/// writes lies on cache lines of its own, so that a publisher and the consumer meet only at the
/// lock, once a batch.
class Lane final : public Worker {
public:
    Lane(Mailbox& mailbox, bool numbered, std::size_t keep);

    void waits(bool begins) noexcept override;

private:
    friend class Mailbox;

    // Guarded by the mailbox's lock.
    Mailbox& mailbox_;
    std::uint64_t appended_ = 0;
    std::uint64_t given_ = 0; ///< the part of `begun` that no longer counts as waiting
    bool scheduled_ = false;  ///< a task is posted or running
    bool running_ = false;    ///< the task has begun
    bool full_lot_ = false;   ///< it rests because it may keep no more deferred or parked events
    /// How often its step waits for other steps or for the end of a handler.
    unsigned in_barrier_ = 0;
    std::vector<std::string> due_;
    EventBox box_; ///< has separate cache lines for its two sides

public:
    // Written only by the consumer; any thread may read.
    alignas(64) std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> finished{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> dead{0};
    std::atomic<std::uint64_t> lost{0}; ///< events for which no memory was left
    std::atomic<std::size_t> parked{0};
    std::atomic<std::size_t> retrying{0};
    std::atomic<std::size_t> not_ready{0};

    // Used only by the consumer.
    std::shared_ptr<void> alive; ///< keeps the runner alive while a task is posted; set before that
    Parking parking;
    Gathering gathering;
    StepEffects effects;                ///< of the running step; kept to reuse its memory
    std::optional<SteadyTime> begun_at; ///< of the running step, if somebody may be watching
    std::size_t batch_limit = 1;        ///< how many events it may take at once
    std::uint64_t last_deferral = 0;    ///< numbers deferred events that are in no sequence

    /// Adds to one of the counters above without a locked instruction, because only one thread
    /// writes it.
    template <class N>
    static void count(std::atomic<N>& counter, N more = 1) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    void show_parking() noexcept;

    [[nodiscard]] DomainEvent& next_event() noexcept { return box_.next(); }
};

/// A bounded mailbox in lanes. It takes events from publishers and gives them to one consumer per
/// lane. Thread safe. Its only lock is held to copy an event, or to learn how far a consumer may
/// read.
class Mailbox { // NOLINT(clang-analyzer-optin.performance.Padding)
public:
    Mailbox(const AgentSettings& settings, RunnerHub& hub);

    [[nodiscard]] Lane& lane(std::size_t index) noexcept { return lanes_[index]; }

    [[nodiscard]] std::size_t lanes() const noexcept { return lane_count_; }

    /// From now on the mailbox takes events. Events offered earlier are ignored: they were
    /// published before the agent was added.
    void open();

    /// Adapts the size of the lane's batches to how long a full batch took. A batch must not take
    /// long, because publishers get no room before it ends; nor may it be so small that the lock
    /// costs much.
    void adapt(Lane& lane, Duration took) const noexcept;

    /// Copies the event into the lane of this hash, or into the lane with the least work if there
    /// is no hash. Returns the lane whose consumer must be posted; nullptr: none. Throws what the
    /// copy throws; the event is then not in the mailbox.
    Lane* offer(const DomainEvent& event, std::optional<std::size_t> hash, bool may_block);

    /// What a consumer may do next.
    struct Batch {
        std::size_t count = 0;          ///< how many events; the first already counts as begun
        DomainEvent* first = nullptr;   ///< the first event, if it is out of the box already
        std::vector<std::string> due{}; ///< keys of the sequences whose heads are due
    };

    /// Gives a consumer its next batch, and frees the room of the events that it has begun since
    /// the last call. It must have destroyed these; if it stopped early, the rest of the last batch
    /// is still in the lane.
    Batch take(Lane& lane);

    /// True if the lane keeps as many deferred or parked events as it may. It then takes no new
    /// events.
    [[nodiscard]] bool lot_is_full(const Lane& lane) const noexcept {
        return lane.parking.parked() >= lot_ || lane.parking.deferred() >= lot_;
    }

    /// What happens to a consumer that found no more work, or whose turn is over.
    enum class Rest : std::uint8_t {
        post_again, ///< there is more to do
        asleep,     ///< the next offer wakes it
        stopped,    ///< the mailbox was stopped and no other consumer runs
    };

    /// Ends a consumer's turn. `more`: the consumer knows of more work.
    Rest rest(Lane& lane, bool more);

    /// Notes that the head of a sequence is due. Returns a lane as offer() does.
    Lane* make_due(Lane& lane, std::string key);

    /// To be called if the lane's task could not be posted.
    void forget_scheduled(Lane& lane);

    [[nodiscard]] bool stopping() const noexcept {
        return stopping_.load(std::memory_order_relaxed);
    }

    /// From now on no step begins, and no publisher waits for room.
    void stop();

    /// Waits until no consumer runs and, if `scheduled`, none is posted either. Does not wait for
    /// consumers on this thread. On a worker, it does not wait for consumers whose step is itself
    /// waiting.
    void wait_quiet(bool scheduled);

    /// True if no consumer runs.
    [[nodiscard]] bool quiet();

    /// Destroys the waiting events, and returns how many there were. No consumer may be running.
    std::size_t clear();

    struct Counts {
        std::size_t queued = 0;
        bool busy = false;
        std::uint64_t dropped = 0;
        std::uint64_t waited = 0;
        std::uint64_t over_bound = 0;
    };

    [[nodiscard]] Counts counts();
    /// True if there is nothing to do, apart from what this thread itself is doing.
    [[nodiscard]] bool idle();

private:
    friend class Lane;

    [[nodiscard]] std::unique_lock<std::mutex> lock_briefly();
    [[nodiscard]] bool make_room(std::unique_lock<std::mutex>& lock, bool may_block);
    void drop_oldest() noexcept;
    void give_back(Lane& lane) noexcept;
    [[nodiscard]] bool must_wake_blocked(const Lane& lane) const noexcept;
    [[nodiscard]] Lane& choose(std::optional<std::size_t> hash) noexcept;

    RunnerHub& hub_;
    const std::int64_t capacity_;
    const Overflow overflow_;
    const std::size_t most_; ///< the largest batch, in events
    const std::size_t lane_count_;
    const std::size_t lot_;      ///< how many events a lane may defer, and how many it may park
    Lane* first_lane_ = nullptr; ///< often the only lane; found without reading data that changes
    std::atomic<bool> stopping_{false};
    bool open_ = false; ///< guarded by the lock; here because it hardly ever changes

    alignas(64) std::mutex mutex_;
    std::int64_t waiting_ = 0; ///< events; above the bound if steps emitted into a full mailbox
    std::uint64_t last_number_ = 0;
    std::size_t blocked_ = 0; ///< publishers that wait for room
    std::uint64_t dropped_ = 0;
    std::uint64_t waited_ = 0;
    std::uint64_t over_bound_ = 0;
    std::deque<Lane> lanes_;
    std::condition_variable room_;
    std::condition_variable quiet_;
};

} // namespace bus::internal
