#include <bus/delivery/durable_timers.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <iterator>

namespace bus {

namespace {

constexpr std::size_t page_size = 1000;
constexpr std::size_t most_kept = 2 * page_size;
constexpr Duration pause_after_trouble = std::chrono::milliseconds{500};

} // namespace

DurableTimers::DurableTimers(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                             OnFired on_fired)
    : store_{store}, writer_{writer}, hub_{std::move(hub)}, on_fired_{std::move(on_fired)} {}

void DurableTimers::start() {
    Lock lock{mutex_};
    stopped_ = false;
    last_loaded_ = Key{Timestamp::min(), 0};
    load(lock);
    arm(lock);
}

/// With the lock held, so that no timer is committed between the reading and its result.
void DurableTimers::load(Lock& /*lock*/) {
    while (next_.empty() && last_loaded_) {
        std::vector<TimerRecord> page =
            store_.timers(last_loaded_->first, last_loaded_->second, page_size);
        if (page.size() < page_size) {
            last_loaded_.reset();
        } else {
            last_loaded_ = Key{page.back().due, page.back().number};
        }
        for (TimerRecord& timer : page) {
            due_of_.emplace(timer.number, timer.due);
            next_.emplace(Key{timer.due, timer.number}, std::move(timer));
        }
    }
}

/// A timer that is in the store: in memory too where it is among the next ones. Where these become
/// too many, the later ones are left to the store again.
void DurableTimers::keep(Lock& /*lock*/, TimerRecord timer) {
    const Key key{timer.due, timer.number};
    if (last_loaded_ && key > *last_loaded_) {
        return; // it is loaded when its turn comes
    }
    due_of_.emplace(timer.number, timer.due);
    next_.emplace(key, std::move(timer));
    if (next_.size() <= most_kept) {
        return;
    }
    while (next_.size() > page_size) {
        const auto last = std::prev(next_.end());
        due_of_.erase(last->first.second);
        next_.erase(last);
    }
    last_loaded_ = next_.rbegin()->first;
}

void DurableTimers::add(TimerRecord timer) {
    Lock lock{mutex_};
    if (stopped_) {
        return; // it is in the store
    }
    keep(lock, std::move(timer));
    arm(lock);
}

void DurableTimers::remove(std::uint64_t number) {
    const std::lock_guard lock{mutex_};
    if (const auto found = due_of_.find(number); found != due_of_.end()) {
        next_.erase({found->second, number});
        due_of_.erase(found);
    }
}

bool DurableTimers::idle() {
    const std::lock_guard lock{mutex_};
    const Timestamp now = hub_->runtime().now();
    const bool none_due = next_.empty() ? !last_loaded_ || last_loaded_->first > now
                                        : next_.begin()->first.first > now;
    return firing_ == 0 && (stopped_ || none_due);
}

void DurableTimers::stop() {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    if (timer_) {
        hub_->runtime().cancel(*timer_);
        timer_.reset();
    }
}

void DurableTimers::arm(Lock& /*lock*/) {
    if (stopped_ || (next_.empty() && !last_loaded_)) {
        return;
    }
    const Timestamp due =
        next_.empty() ? not_before_ : std::max(next_.begin()->first.first, not_before_);
    if (timer_ && timer_due_ <= due) {
        return;
    }
    if (timer_) {
        hub_->runtime().cancel(*timer_);
    }
    timer_due_ = due;
    timer_ = hub_->runtime().schedule(due - hub_->runtime().now(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->fire_due();
        }
    });
}

void DurableTimers::fire_due() {
    std::string trouble;
    {
        Lock lock{mutex_};
        if (stopped_) {
            return; // who has stopped it may close the store at once
        }
        timer_.reset();
        try {
            load(lock);
            while (!next_.empty() && next_.begin()->first.first <= hub_->runtime().now()) {
                LIBBUS_FAULT_POINT_THROWS("timer.before_fire",
                                          StoreError{"timer.before_fire: made to fail"});
                auto first = next_.extract(next_.begin());
                due_of_.erase(first.key().second);
                fire(lock, std::move(first.mapped()));
                load(lock);
            }
        } catch (const StoreError& error) {
            not_before_ = hub_->runtime().now() + pause_after_trouble;
            trouble = error.what();
        }
        arm(lock);
    }
    if (!trouble.empty()) {
        if (const auto sink = hub_->sink()) {
            sink->on_trouble("timers: " + trouble);
        }
    }
    hub_->note_change();
}

/// With the lock held: so they are stored in order.
void DurableTimers::fire(Lock& /*lock*/, TimerRecord timer) {
    ++firing_;
    Part part;
    part.fires = timer.number;
    part.events.push_back({.record = timer.event});
    writer_.submit(std::move(part),
                   [self = shared_from_this(), timer = std::move(timer)](
                       PartResult&& result, Part&&) { self->on_stored(timer, std::move(result)); });
}

void DurableTimers::on_stored(const TimerRecord& timer, PartResult&& result) {
    LIBBUS_FAULT_POINT("timer.after_fire");
    if (!result.error) {
        on_fired_(timer.event);
    }
    Lock lock{mutex_};
    --firing_;
    if (!result.error) {
        return;
    }
    try {
        std::rethrow_exception(result.error);
    } catch (const TimerGone&) {
        return; // cancelled
    } catch (const PartRefused& refused) {
        give_up(timer, refused.what());
    } catch (const StoreError&) {
        // It is still in the store, and tried again.
        not_before_ = hub_->runtime().now() + pause_after_trouble;
        keep(lock, timer);
        arm(lock);
    } catch (const std::exception& refused) {
        give_up(timer, refused.what());
    }
}

/// The store will never take its event: the timer goes, and observers hear of it.
void DurableTimers::give_up(const TimerRecord& timer, const std::string& why) {
    Part part;
    part.fires = timer.number;
    writer_.submit(std::move(part), [](PartResult&&, Part&&) {});
    hub_->runtime().pool().post(
        [hub = hub_, number = timer.number, type = timer.event.event_type, why] {
            if (const auto sink = hub->sink()) {
                sink->on_trouble("timer " + std::to_string(number) + " is given up, for its " +
                                 type + " is refused: " + why);
            }
        });
}

} // namespace bus
