#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/internal/event_box.hpp>
#include <bus/agent/internal/gathering.hpp>
#include <bus/agent/internal/parking.hpp>
#include <bus/agent/runner.hpp>
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

/// One consumer's part of a mailbox: the events of some of the sequences, in order. What only the
/// consumer writes lies on lines of its own, so that a publisher and the consumer meet at a lock a
/// batch and nowhere else.
class Lane final : public Worker {
public:
    Lane(Mailbox& mailbox, bool numbered, std::size_t keep);

    void waits(bool begins) noexcept override;

private:
    friend class Mailbox;

    // Under the mailbox's lock.
    Mailbox& mailbox_;
    std::uint64_t appended_ = 0;
    std::uint64_t given_ = 0; ///< of begun_, what the mailbox's count of the waiting knows
    bool scheduled_ = false;  ///< a task is posted, or running
    bool running_ = false;    ///< the task has begun
    bool full_lot_ = false;   ///< it rests, for it has no room for what it may have to keep
    unsigned in_barrier_ = 0; ///< its step waits for other steps, or for the end of a handler
    std::vector<std::string> due_;
    EventBox box_; ///< has lines of its own for its two sides

public:
    // The consumer's, who alone writes them; anybody may read.
    alignas(64) std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> finished{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> dead{0};
    std::atomic<std::uint64_t> lost{0}; ///< nothing was left to keep them in
    std::atomic<std::size_t> parked{0};
    std::atomic<std::size_t> retrying{0};
    std::atomic<std::size_t> not_ready{0};

    // The consumer's alone.
    std::shared_ptr<void> alive; ///< what must outlive a posted task; set before it is posted
    Parking parking;
    Gathering gathering;
    StepEffects effects;                ///< of the running step; kept for its memory
    std::optional<SteadyTime> begun_at; ///< of the running step, if somebody watches
    std::size_t batch_limit = 1;        ///< events it is told of at once
    std::uint64_t last_deferral = 0;    ///< numbers the deferred ones that have no sequence

    /// Adds to one of the counters above without a locked instruction: there is one writer.
    template <class N>
    static void count(std::atomic<N>& counter, N more = 1) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    void show_parking() noexcept;

    [[nodiscard]] DomainEvent& next_event() noexcept { return box_.next(); }
};

/// A bounded mailbox in lanes: takes events from publishers, gives them to one consumer a lane.
/// Thread safe; one lock, held for a copy or to learn how far a consumer may read.
// What is read without the lock has lines of its own, whatever room that leaves.
class Mailbox { // NOLINT(clang-analyzer-optin.performance.Padding)
public:
    Mailbox(const AgentSettings& settings, RunnerHub& hub);

    [[nodiscard]] Lane& lane(std::size_t index) noexcept { return lanes_[index]; }

    [[nodiscard]] std::size_t lanes() const noexcept { return lane_count_; }

    /// From now on events are taken. What is offered before was published before the agent came.
    void open();

    /// A batch of the full size took so long: finds the size at which it takes neither long,
    /// since publishers get no room before its end, nor so little that the lock is felt.
    void adapt(Lane& lane, Duration took) const noexcept;

    /// Puts a copy of the event into the lane of this hash; into whichever has least to do where
    /// there is none. Returns the lane whose consumer must be posted, nullptr: it need not.
    /// Throws what the copy of the event throws, and is unchanged then.
    Lane* offer(const DomainEvent& event, std::optional<std::size_t> hash, bool may_block);

    /// What a consumer may do next.
    struct Batch {
        std::size_t count = 0;          ///< events; the first counts as begun
        DomainEvent* first = nullptr;   ///< where it is out of the box already
        std::vector<std::string> due{}; ///< keys of sequences whose heads are due
    };

    /// Tells a consumer of a batch of events; gives the room back that it took since the last
    /// time. The consumer has destroyed all that it was told of before, or says it stops short.
    Batch take(Lane& lane);

    /// True where the lane keeps as much outside its box as it may: it takes nothing new then.
    [[nodiscard]] bool lot_is_full(const Lane& lane) const noexcept {
        return lane.parking.parked() >= lot_ || lane.parking.deferred() >= lot_;
    }

    /// What becomes of a consumer that found nothing more, or whose turn is over.
    enum class Rest : std::uint8_t {
        post_again, ///< there is more to do
        asleep,     ///< the next offer wakes it
        stopped,    ///< the mailbox was stopped, and no other consumer runs
    };

    /// Ends a consumer's turn. `more`: it knows of something that it could do.
    Rest rest(Lane& lane, bool more);

    /// The head of a sequence is due. As offer().
    Lane* make_due(Lane& lane, std::string key);

    /// A task could not be posted.
    void forget_scheduled(Lane& lane);

    [[nodiscard]] bool stopping() const noexcept {
        return stopping_.load(std::memory_order_relaxed);
    }

    /// No step begins any more, nobody waits for room.
    void stop();

    /// Waits until no consumer runs, `scheduled`: nor is posted. Not for those of this thread, and
    /// not for those that wait for others in their turn.
    void wait_quiet(bool scheduled);

    /// True where no consumer runs.
    [[nodiscard]] bool quiet();

    /// Destroys what waits; no consumer may be running. Returns how many events there were.
    std::size_t clear();

    struct Counts {
        std::size_t queued = 0;
        bool busy = false;
        std::uint64_t dropped = 0;
        std::uint64_t waited = 0;
        std::uint64_t over_bound = 0;
    };

    [[nodiscard]] Counts counts();
    /// True where nothing is to be done, but by this thread itself.
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
    const std::size_t most_; ///< events in a batch
    const std::size_t lane_count_;
    const std::size_t lot_;      ///< events that a lane defers, and as many that it parks
    Lane* first_lane_ = nullptr; ///< as often the only one: found without a look at what changes
    std::atomic<bool> stopping_{false};
    bool open_ = false; ///< by the lock; here, for it hardly ever changes

    alignas(64) std::mutex mutex_;
    std::int64_t waiting_ = 0; ///< over the bound where steps emitted into a full mailbox
    std::uint64_t last_number_ = 0;
    std::size_t blocked_ = 0; ///< publishers
    std::uint64_t dropped_ = 0;
    std::uint64_t waited_ = 0;
    std::uint64_t over_bound_ = 0;
    std::deque<Lane> lanes_;
    std::condition_variable room_;
    std::condition_variable quiet_;
};

} // namespace bus::internal
