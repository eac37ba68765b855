#include <bus/agent/internal/mailbox.hpp>
#include <bus/runtime/internal/stress_yield.hpp>
#include <bus/runtime/yield.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace bus::internal {

namespace {

/// The largest batch, in events. With it the lock costs next to nothing per event.
constexpr std::size_t batch_bound = 256;
constexpr Duration short_batch = std::chrono::milliseconds{1};
/// Longer than a thread is likely to be preempted.
constexpr Duration long_batch = std::chrono::milliseconds{20};
/// How much memory an empty lane keeps: this many bytes for each event of the bound, up to the
/// maximum.
constexpr std::size_t kept_per_event = 256;
constexpr std::size_t most_kept = 1024 * 1024;
/// How often a thread tries the lock before it goes to sleep. The lock is held only for a copy, and
/// to sleep and wake up costs a hundred times as much. Each try waits twice as long as the one
/// before, because a try takes the lock's cache line away from its holder.
constexpr int tries = 7;

} // namespace

Lane::Lane(Mailbox& mailbox, bool numbered, std::size_t keep)
    : mailbox_{mailbox}, box_{numbered, keep} {}

void Lane::waits(bool begins) noexcept {
    {
        const std::lock_guard lock{mailbox_.mutex_};
        begins ? ++in_barrier_ : --in_barrier_;
    }
    mailbox_.quiet_.notify_all();
    mailbox_.room_.notify_all();
}

void Lane::show_parking() noexcept {
    parked.store(parking.parked(), std::memory_order_relaxed);
    retrying.store(parking.retrying(), std::memory_order_relaxed);
    not_ready.store(parking.not_ready(), std::memory_order_relaxed);
}

Mailbox::Mailbox(const AgentSettings& settings, RunnerHub& hub)
    : hub_{hub},
      capacity_{static_cast<std::int64_t>(settings.mailbox_capacity)},
      overflow_{settings.overflow},
      // One at a time: the oldest event must not have begun.
      most_{overflow_ == Overflow::drop_oldest
                ? 1
                : std::clamp<std::size_t>(settings.mailbox_capacity / 4, 1, batch_bound)},
      lane_count_{settings.workers},
      lot_{std::max<std::size_t>(settings.mailbox_capacity / settings.workers, 1)} {
    const bool numbered = settings.workers > 1 && overflow_ == Overflow::drop_oldest;
    const std::size_t keep =
        std::min(most_kept, settings.mailbox_capacity * kept_per_event) / settings.workers;
    for (std::uint32_t i = 0; i < settings.workers; ++i) {
        lanes_.emplace_back(*this, numbered, keep);
    }
    first_lane_ = &lanes_.front();
}

std::unique_lock<std::mutex> Mailbox::lock_briefly() {
    for (int i = 0; i < tries; ++i) {
        if (mutex_.try_lock()) {
            return {mutex_, std::adopt_lock};
        }
        for (int pauses = 1 << i; pauses > 0; --pauses) {
            pause_thread();
        }
    }
    return std::unique_lock{mutex_};
}

Lane* Mailbox::offer(const DomainEvent& event, std::optional<std::size_t> hash, bool may_block) {
    std::unique_lock lock = lock_briefly();
    if (!open_) {
        return nullptr;
    }
    if (stopping() || (waiting_ >= capacity_ && !make_room(lock, may_block))) {
        ++dropped_;
        return nullptr;
    }
    Lane& lane = choose(hash);
    lane.box_.append(event, ++last_number_);
    ++lane.appended_;
    if (++waiting_ > capacity_) {
        ++over_bound_;
    }
    if (lane.scheduled_ || lane.full_lot_) {
        return nullptr;
    }
    lane.scheduled_ = true;
    return &lane;
}

void Mailbox::open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
}

Lane& Mailbox::choose(std::optional<std::size_t> hash) noexcept {
    if (lane_count_ == 1) {
        return *first_lane_;
    }
    if (hash) {
        return lanes_[*hash % lanes_.size()];
    }
    const auto load = [](const Lane& lane) {
        return lane.appended_ - lane.begun.load(std::memory_order_relaxed) +
               (lane.scheduled_ ? 1U : 0U);
    };
    return *std::min_element(lanes_.begin(), lanes_.end(),
                             [&](const Lane& a, const Lane& b) { return load(a) < load(b); });
}

bool Mailbox::make_room(std::unique_lock<std::mutex>& lock, bool may_block) {
    switch (overflow_) {
    case Overflow::reject:
        for (Lane& lane : lanes_) {
            give_back(lane); // now, so that no event is refused if there is room
        }
        return waiting_ < capacity_;
    case Overflow::drop_oldest: drop_oldest(); return true;
    case Overflow::block: break;
    }
    if (!may_block || WorkerScope::active()) {
        return true; // above the bound: a step that waited for room might wait for itself
    }

    struct Blocked {
        explicit Blocked(std::size_t& c) : count{c} { ++count; }

        Blocked(const Blocked&) = delete;
        Blocked& operator=(const Blocked&) = delete;

        ~Blocked() { --count; }

        std::size_t& count;
    };

    ++waited_;
    const Blocked blocked{blocked_};
    hub_.runtime().wait(lock, room_, [this] {
        // The last condition: a waiting step makes no room, and it may be waiting for this
        // publisher.
        return stopping() || waiting_ < capacity_ ||
               std::any_of(lanes_.begin(), lanes_.end(),
                           [](const Lane& lane) { return lane.in_barrier_ > 0; });
    });
    return !stopping();
}

/// The mailbox is full, so one of the boxes has an event.
void Mailbox::drop_oldest() noexcept {
    Lane* oldest = &lanes_.front();
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
    for (Lane& lane : lanes_) {
        if (lanes_.size() > 1 && lane.appended_ != lane.begun.load(std::memory_order_relaxed) &&
            lane.box_.oldest() < number) {
            oldest = &lane;
            number = lane.box_.oldest();
        }
    }
    oldest->box_.drop_oldest();
    Lane::count(oldest->begun);
    give_back(*oldest);
    ++dropped_;
}

/// Events that have begun no longer count as waiting.
void Mailbox::give_back(Lane& lane) noexcept {
    const std::uint64_t begun = lane.begun.load(std::memory_order_relaxed);
    waiting_ -= static_cast<std::int64_t>(begun - lane.given_);
    lane.given_ = begun;
}

/// Blocked publishers are woken only when there is room for a few batches, because to wake one for
/// a single event costs more than the event. If steps are slow, a batch is one event, and room for
/// one is enough.
bool Mailbox::must_wake_blocked(const Lane& lane) const noexcept {
    if (blocked_ == 0) {
        return false;
    }
    const auto worth_it =
        std::min(static_cast<std::int64_t>(16 * (lane.batch_limit - 1)), capacity_ / 2);
    return capacity_ - waiting_ >= std::max<std::int64_t>(worth_it, 1);
}

void Mailbox::adapt(Lane& lane, Duration took) const noexcept {
    if (took < short_batch) {
        lane.batch_limit = std::min(lane.batch_limit * 2, most_);
    } else if (took > long_batch) {
        lane.batch_limit = std::max<std::size_t>(lane.batch_limit / 4, 1);
    }
}

Mailbox::Batch Mailbox::take(Lane& lane) {
    Batch batch;
    std::unique_lock lock = lock_briefly();
    if (stopping()) {
        return batch;
    }
    lane.running_ = true;
    batch.due.swap(lane.due_);
    lane.box_.recycle();
    const std::uint64_t available = lane.appended_ - lane.begun.load(std::memory_order_relaxed);
    if (available == 0) {
        lane.box_.rewind();
    } else if (!lot_is_full(lane)) {
        batch.count = std::min(static_cast<std::size_t>(available), lane.batch_limit);
    }
    if (batch.count > 0) {
        if (overflow_ == Overflow::drop_oldest) {
            batch.first = &lane.box_.next();
            lane.box_.recycle();
        }
        Lane::count(lane.begun);
    }
    give_back(lane);
    if (must_wake_blocked(lane)) {
        lock.unlock();
        room_.notify_all();
    }
    return batch;
}

Mailbox::Rest Mailbox::rest(Lane& lane, bool more) {
    bool wake_blocked = false;
    Rest result = Rest::asleep;
    // Events that come between the last take and the sleep must not be missed.
    detail::stress_yield();
    {
        const std::unique_lock lock = lock_briefly();
        lane.running_ = false;
        if (!stopping()) {
            const std::uint64_t waits = lane.appended_ - lane.begun.load(std::memory_order_relaxed);
            lane.box_.recycle();
            give_back(lane);
            lane.full_lot_ = lot_is_full(lane);
            if (more || !lane.due_.empty() || (waits > 0 && !lane.full_lot_)) {
                return Rest::post_again;
            }
            wake_blocked = blocked_ > 0;
        } else if (std::none_of(lanes_.begin(), lanes_.end(),
                                [](const Lane& other) { return other.running_; })) {
            result = Rest::stopped;
        }
        hub_.count_change();
        lane.scheduled_ = false;
    }
    detail::stress_yield(); // the lane's next turn may have begun already
    if (wake_blocked) {
        room_.notify_all();
    }
    if (stopping()) {
        quiet_.notify_all();
    }
    return result;
}

Lane* Mailbox::make_due(Lane& lane, std::string key) {
    const std::lock_guard lock{mutex_};
    if (stopping()) {
        return nullptr;
    }
    lane.due_.push_back(std::move(key));
    return std::exchange(lane.scheduled_, true) ? nullptr : &lane;
}

void Mailbox::forget_scheduled(Lane& lane) {
    const std::lock_guard lock{mutex_};
    lane.scheduled_ = false;
}

void Mailbox::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    detail::stress_yield(); // consumers may end, and publishers may notice, before any is woken
    room_.notify_all();
}

void Mailbox::wait_quiet(bool scheduled) {
    const bool may_be_waited_for = WorkerScope::active();
    WorkerScope::tell_waits(true);
    {
        std::unique_lock lock{mutex_};
        hub_.runtime().wait(lock, quiet_, [&] {
            return std::all_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
                const bool busy = scheduled ? lane.scheduled_ : lane.running_;
                return !busy || (may_be_waited_for && lane.in_barrier_ > 0) ||
                       WorkerScope::works_for(lane);
            });
        });
    }
    WorkerScope::tell_waits(false);
}

bool Mailbox::quiet() {
    const std::lock_guard lock{mutex_};
    return std::none_of(lanes_.begin(), lanes_.end(),
                        [](const Lane& lane) { return lane.running_; });
}

std::size_t Mailbox::clear() {
    std::size_t count = 0;
    const std::lock_guard lock{mutex_};
    for (Lane& lane : lanes_) {
        const std::uint64_t waits = lane.appended_ - lane.begun.load(std::memory_order_relaxed);
        for (std::uint64_t i = 0; i < waits; ++i) {
            EventBox::destroy(lane.box_.next());
        }
        Lane::count(lane.begun, waits);
        give_back(lane);
        lane.box_.rewind();
        count += static_cast<std::size_t>(waits) + lane.parking.parked() + lane.parking.deferred();
        lane.parking.clear();
        lane.show_parking();
    }
    dropped_ += count;
    return count;
}

Mailbox::Counts Mailbox::counts() {
    const std::lock_guard lock{mutex_};
    Counts counts{.dropped = dropped_, .waited = waited_, .over_bound = over_bound_};
    for (const Lane& lane : lanes_) {
        counts.queued +=
            static_cast<std::size_t>(lane.appended_ - lane.begun.load(std::memory_order_relaxed));
        counts.busy = counts.busy || lane.scheduled_;
    }
    return counts;
}

bool Mailbox::idle() {
    const std::lock_guard lock{mutex_};
    return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
        return !lane.scheduled_ || WorkerScope::works_for(lane);
    });
}

} // namespace bus::internal
