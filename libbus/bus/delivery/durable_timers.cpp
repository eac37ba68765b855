#include <bus/delivery/durable_timers.hpp>
#include <bus/event/utf8.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <iterator>

namespace bus {

namespace {

constexpr std::size_t page_size = 1000;
constexpr std::size_t most_kept = 2 * page_size;
constexpr Duration pause_after_trouble = std::chrono::milliseconds{500};
/// A smaller difference is not a change of the clock, but the time between two readings of it.
constexpr Duration least_step = std::chrono::milliseconds{100};

/// The timer as if it had been scheduled later by `by`.
TimerRecord moved(TimerRecord timer, Duration by) {
    timer.due += by;
    if (timer.scheduled_at != Timestamp{}) {
        timer.scheduled_at += by;
    }
    return timer;
}

} // namespace

DurableTimers::DurableTimers(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                             OnFired on_fired)
    : store_{store}, writer_{writer}, hub_{std::move(hub)}, on_fired_{std::move(on_fired)} {}

SteadyTime DurableTimers::steady_of(Timestamp due) const {
    return ClockReading{SteadyTime{}, Timestamp{lead_}}.steady_of(due);
}

Timestamp DurableTimers::row_of(SteadyTime due) const {
    return ClockReading{SteadyTime{}, Timestamp{lead_}}.wall_of(due);
}

void DurableTimers::start() {
    hub_->clock().add(weak_from_this());
    Lock lock{mutex_};
    stopped_ = false;
    lead_ = hub_->runtime().read_clocks().lead();
    last_loaded_ = Key{SteadyTime::min(), 0};
    load(lock);
    arm(lock);
}

/// Loads the next timers if there are none in memory. Called with the lock held, so that no timer
/// is added between the reading and its result. Does nothing while rows are being moved; it is
/// called again afterwards.
void DurableTimers::load(Lock& /*lock*/) {
    while (next_.empty() && last_loaded_ && !moving_) {
        std::vector<TimerRecord> page =
            store_.timers(row_of(last_loaded_->first), last_loaded_->second, page_size);
        if (page.size() < page_size) {
            last_loaded_.reset();
        } else {
            last_loaded_ = Key{steady_of(page.back().due), page.back().number};
        }
        for (TimerRecord& timer : page) {
            const SteadyTime due = steady_of(timer.due);
            due_of_.emplace(timer.number, due);
            next_.emplace(Key{due, timer.number}, std::move(timer));
        }
    }
}

/// Keeps a stored timer in memory if it is one of the next ones. If there are too many of them in
/// memory, the later ones are dropped from it.
void DurableTimers::keep(Lock& lock, StartedTimer timer) {
    const Duration apart = steady_of(timer.record.due) - timer.due;
    const bool row_is_off = apart >= least_step || apart <= -least_step;
    const Key key{row_is_off ? timer.due : steady_of(timer.record.due), timer.record.number};
    if (row_is_off) {
        begin_move(lock); // the clock was set while the timer was on its way to the store
    } else if (last_loaded_ && key > *last_loaded_) {
        return; // it will be loaded later
    }
    due_of_.emplace(key.second, key.first);
    next_.emplace(key, std::move(timer.record));
    if (next_.size() <= most_kept || moving_) {
        return;
    }
    while (next_.size() > page_size) {
        const auto last = std::prev(next_.end());
        due_of_.erase(last->first.second);
        next_.erase(last);
    }
    last_loaded_ = next_.rbegin()->first;
}

void DurableTimers::add(StartedTimer timer) {
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
    const SteadyTime now = hub_->runtime().steady_now();
    const bool none_due = next_.empty() ? !last_loaded_ || last_loaded_->first > now
                                        : next_.begin()->first.first > now;
    return firing_ == 0 && !moving_ && (stopped_ || none_due);
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
    if (stopped_ || (next_.empty() && (!last_loaded_ || moving_))) {
        return;
    }
    const SteadyTime due =
        next_.empty() ? not_before_ : std::max(next_.begin()->first.first, not_before_);
    if (timer_ && timer_due_ <= due) {
        return;
    }
    if (timer_) {
        hub_->runtime().cancel(*timer_);
    }
    timer_due_ = due;
    timer_ = hub_->runtime().schedule(std::max(due, SteadyTime{}) - hub_->runtime().steady_now(),
                                      [weak = weak_from_this()] {
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
            return; // the caller of stop() may close the store at once
        }
        timer_.reset();
        try {
            load(lock);
            while (!next_.empty() && next_.begin()->first.first <= hub_->runtime().steady_now()) {
                LIBBUS_FAULT_POINT_THROWS("timer.before_fire",
                                          StoreError{"timer.before_fire: made to fail"});
                auto first = next_.extract(next_.begin());
                due_of_.erase(first.key().second);
                fire(lock, {std::move(first.mapped()), first.key().first});
                load(lock);
            }
        } catch (const StoreError& error) {
            not_before_ = hub_->runtime().steady_now() + pause_after_trouble;
            trouble = is_store_lost(std::current_exception()) ? "" : error.what();
        }
        arm(lock);
    }
    if (!trouble.empty()) {
        hub_->teller().on_trouble("timers: " + trouble);
    }
    hub_->note_change();
}

/// Called with the lock held, so that events are stored in the order of their timers.
void DurableTimers::fire(Lock& /*lock*/, StartedTimer timer) {
    ++firing_;
    const EventStamp stamp = new_stamp(); // the event happens now, not when it was scheduled
    timer.record.event.event_id = stamp.event_id;
    timer.record.event.occurred_at = stamp.occurred_at;
    Part part;
    part.fires = timer.record.number;
    EventRecord& event = timer.record.event;
    for (std::string* id : {&event.aggregate_id, &event.execution_id, &event.user_id}) {
        if (find_bad_utf8(*id) != std::string::npos) { // an older version of libbus accepted it
            *id = valid_utf8(*id);
        }
    }
    part.events.push_back({.record = event});
    writer_.submit(std::move(part),
                   [self = shared_from_this(), timer = std::move(timer)](
                       PartResult&& result, Part&&) { self->on_stored(timer, std::move(result)); });
}

void DurableTimers::on_stored(const StartedTimer& timer, PartResult&& result) {
    LIBBUS_FAULT_POINT("timer.after_fire");
    if (!result.error) {
        on_fired_(timer.record.event);
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
        give_up(timer.record, refused.what());
    } catch (const StoreError&) {
        // The timer is still in the store, so try again.
        not_before_ = hub_->runtime().steady_now() + pause_after_trouble;
        keep(lock, timer);
        arm(lock);
    } catch (const std::exception& refused) {
        give_up(timer.record, refused.what());
    }
}

/// The store will never accept the timer's event: erase the timer and report it.
void DurableTimers::give_up(const TimerRecord& timer, const std::string& why) {
    Part part;
    part.fires = timer.number;
    writer_.submit(std::move(part), [](PartResult&&, Part&&) {});
    hub_->runtime().pool().post(
        [hub = hub_, number = timer.number, type = timer.event.event_type, why] {
            hub->teller().on_trouble("timer " + std::to_string(number) + " is given up, because " +
                                     "the store refuses its " + type + ": " + why);
        });
}

Part DurableTimers::bring_back() {
    const Timestamp now = hub_->runtime().now();
    Timestamp newest = now;
    Part part;
    each_row([&](TimerRecord& timer) {
        if (timer.scheduled_at > now) {
            newest = std::max(newest, timer.scheduled_at);
            part.put_timers.push_back(std::move(timer));
        }
    });
    for (TimerRecord& timer : part.put_timers) {
        timer = moved(std::move(timer), now - newest);
    }
    return part;
}

void DurableTimers::on_clock_set(Duration by) {
    Lock lock{mutex_};
    if (!stopped_) {
        to_move_ += by;
        begin_move(lock);
    }
}

bool DurableTimers::waits_for_time() {
    const std::lock_guard lock{mutex_};
    return !stopped_;
}

void DurableTimers::begin_move(Lock& /*lock*/) {
    if (!moving_ && !stopped_) {
        moving_ = true;
        writer_.run([self = shared_from_this()] { self->move_rows(); });
    }
}

/// Runs on the writer's thread, so that nothing is stored between reading and writing. It does not
/// hold the lock while it uses the store, because other threads need the lock while the disk is
/// busy.
void DurableTimers::move_rows() {
    Duration by{};
    std::map<std::uint64_t, SteadyTime> known;
    {
        const Lock lock{mutex_};
        by = to_move_;
        known = due_of_;
    }
    std::string trouble;
    try {
        const Part rows = moved_rows(by, known);
        if (!rows.put_timers.empty()) {
            const auto results = store_.commit(std::span{&rows, 1}, true);
            if (results.front().error) {
                std::rethrow_exception(results.front().error);
            }
        }
        adopt(rows, by);
    } catch (const std::exception& error) {
        trouble = error.what();
        move_later();
    }
    hub_->runtime().pool().post([hub = hub_, trouble] { // observers must not run on this thread
        if (!trouble.empty()) {
            hub->teller().on_trouble(
                "the wall clock was set, and the times of the stored timers could not be "
                "changed with it (this is tried again): " +
                trouble);
        }
        hub->note_change();
    });
}

/// The rows that must change if the wall clock was set by `by`. For timers in memory, the due time
/// is known to the microsecond.
Part DurableTimers::moved_rows(Duration by, const std::map<std::uint64_t, SteadyTime>& known) {
    Part part;
    const ClockReading set{SteadyTime{}, Timestamp{lead_ + by}};
    each_row([&](TimerRecord& timer) {
        const auto found = known.find(timer.number);
        const Timestamp due =
            set.wall_of(found != known.end() ? found->second : steady_of(timer.due));
        if (due != timer.due) {
            const Duration further = due - timer.due;
            part.put_timers.push_back(moved(std::move(timer), further));
        }
    });
    return part;
}

/// Takes over the rows that were moved.
void DurableTimers::adopt(const Part& rows, Duration by) {
    Lock lock{mutex_};
    moving_ = false;
    lead_ += by;
    to_move_ -= by;
    for (const TimerRecord& timer : rows.put_timers) {
        if (const auto known = due_of_.find(timer.number); known != due_of_.end()) {
            next_[{known->second, timer.number}] = timer;
        }
    }
    while (last_loaded_ && !next_.empty() && next_.rbegin()->first > *last_loaded_) {
        due_of_.erase(next_.rbegin()->first.second); // was kept only while its row was wrong
        next_.erase(std::prev(next_.end()));
    }
    if (to_move_ != Duration::zero()) { // the clock was set again
        begin_move(lock);
    }
    arm(lock);
}

void DurableTimers::move_later() {
    Lock lock{mutex_};
    moving_ = false;
    arm(lock);
    hub_->runtime().schedule(pause_after_trouble, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            Lock again{self->mutex_};
            self->begin_move(again);
        }
    });
}

void DurableTimers::each_row(const std::function<void(TimerRecord&)>& use) {
    Timestamp due = Timestamp::min();
    std::uint64_t number = 0;
    for (std::size_t found = page_size; found == page_size;) {
        std::vector<TimerRecord> page = store_.timers(due, number, page_size);
        found = page.size();
        if (found != 0) {
            due = page.back().due;
            number = page.back().number;
        }
        for (TimerRecord& timer : page) {
            use(timer);
        }
    }
}

} // namespace bus
