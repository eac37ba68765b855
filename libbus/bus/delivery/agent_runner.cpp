#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

namespace bus {

AgentRunner::AgentRunner(std::unique_ptr<Agent> agent, DeliveryHouse& house,
                         std::shared_ptr<RunnerHub> hub, OnAftermath on_aftermath)
    : name_{agent->name()},
      agent_{std::move(agent)},
      asks_keys_{agent_->settings().workers > 1 &&
                 agent_->settings().sequence.kind == Sequence::Kind::key},
      house_{house},
      store_{house.store},
      hub_{std::move(hub)},
      pool_{steps_of(*agent_, hub_->runtime())},
      on_aftermath_{std::move(on_aftermath)},
      states_{agent_->settings().workers > 1},
      warnings_{name_} {
    for (const EventType* type : known_event_types()) {
        handled_types_.resize(std::max<std::size_t>(handled_types_.size(), type->index() + 1));
        handled_types_[type->index()] = agent_->handler_for(*type) != nullptr;
    }
    for (std::uint32_t i = 0; i < agent_->settings().workers; ++i) {
        lanes_.push_back(
            std::make_unique<Lane>(StepRunner{*agent_, store_, *hub_, states_, house_.last_timer},
                                   agent_->settings().on_dead));
        lanes_.back()->told = std::make_shared<Strand>(hub_->runtime().pool(), [] {});
    }
}

void AgentRunner::start() {
    // Commits are offered to the agent even before it is registered. Until it knows where to begin,
    // `starting_` keeps them from waking it, and it counts as busy.
    try {
        check_versions();
        start_agent(*agent_);
        started_ = true;
        register_agent();
        if (const auto note = store_.begun(name_)) {
            suspects_ = *note;
            suspect_again_.insert(note->repeated.begin(), note->repeated.end());
            handed_out_ = note->range.last;
        }
        reload();
        warn_of_unhandled();
    } catch (...) {
        begin_stop();
        if (std::exchange(started_, false)) {
            stop_agent(*agent_, *hub_);
        }
        Lock lock{mutex_};
        starting_ = false; // a thread that removes the agent may now end it
        stopped_.notify_all();
        tell_rest(lock);
        throw;
    }
    hub_->clock().add(weak_from_this());
    std::unique_lock lock{mutex_};
    starting_ = false;
    stopped_.notify_all();
    wake_lanes(lock);
    schedule_wake(lock);
    tell_rest(lock);
}

void AgentRunner::take_changed(const PartResult::Changed& changed) {
    {
        const std::lock_guard lock{mutex_};
        if (changed.action != DeliveryAction::discard) { // its own lane discards by an order
            note_state(changed.delivery);
        }
        if (loading_) {
            changed_meanwhile_.push_back(changed);
        }
        lane_of(changed.delivery.sequence, changed.delivery.position)
            .orders.push_back({.kind = Order::Kind::changed, .changed = changed});
    }
    wake();
}

bool AgentRunner::retry_now(Position position) {
    const std::optional<DeliveryRecord> delivery = store_.delivery(name_, position);
    if (!delivery || delivery->state != DeliveryState::deferred) {
        return false;
    }
    {
        const std::lock_guard lock{mutex_};
        if (repeating_.contains(position)) {
            return false;
        }
        lane_of(delivery->sequence, position)
            .orders.push_back({.kind = Order::Kind::retry, .position = position});
    }
    wake();
    return true;
}

void AgentRunner::command(DeliveryCommand command, OnCommand done) {
    const std::optional<DeliveryRecord> delivery = store_.delivery(command.agent, command.position);
    if (!delivery) {
        done({}); // the delivery neither waits nor is dead
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            throw std::logic_error{"the bus is stopping: ask again when it runs"};
        }
        Lane& lane = lane_of(delivery->sequence, delivery->position);
        lane.orders.push_back(
            {.kind = Order::Kind::command, .command = std::move(command), .done = std::move(done)});
    }
    wake();
}

void AgentRunner::replay(ReplayOrder order, RequestAnswer answer, OnCommand done) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            throw std::logic_error{"the bus is stopping: ask again when it runs"};
        }
        lanes_.front()->orders.push_back({.kind = Order::Kind::replay,
                                          .replay = order,
                                          .answer = std::move(answer),
                                          .done = std::move(done)});
    }
    wake();
}

void AgentRunner::on_clock_set(Duration /*by*/) {
    Lock lock{mutex_};
    if (stopping_) {
        return;
    }
    for (const auto& lane : lanes_) {
        lane->orders.push_back({.kind = Order::Kind::clock_set});
    }
    wake_lanes(lock);
}

bool AgentRunner::waits_for_time() {
    const std::lock_guard lock{mutex_};
    return !stopping_;
}

AgentStatus AgentRunner::status() {
    const ClockReading now = hub_->runtime().read_clocks();
    std::unique_lock lock{mutex_};
    AgentStatus status{.name = name_,
                       .checkpoint = settled_.checkpoint,
                       .finished = finished_,
                       .failures = failures_,
                       .queued = mailbox_.size() + with_lanes_,
                       .busy = starting_ || !quiet() || !mailbox_.empty() || with_lanes_ != 0 ||
                               through_ < log_end_,
                       .trouble = trouble_,
                       .replay_through = replay_through_};
    for (const auto& lane : lanes_) {
        status.busy = status.busy || has_work(*lane);
        status.retrying += lane->counts.retrying;
        status.not_ready += lane->counts.not_ready;
        status.parked += lane->counts.parked;
        status.dead += lane->counts.dead;
        if (lane->next_due) {
            const Timestamp due = now.wall_of(*lane->next_due);
            status.next_due = std::min(status.next_due.value_or(due), due);
        }
    }
    status.lag = lag();
    status.last_commit = last_commit_;
    const Position oldest = oldest_waiting();
    lock.unlock();
    status.oldest_waiting = time_of(oldest);
    return status;
}

/// The number of positions that are not settled. Called with the lock held.
std::uint64_t AgentRunner::lag() const {
    const Position settled =
        all_done(0) ? std::max(through_, settled_.checkpoint) : settled_.checkpoint;
    std::uint64_t behind = log_end_ > settled ? log_end_ - settled : 0;
    for (const auto& [first, last] : settled_.ahead) {
        if (first > settled) {
            behind -= std::min(behind, last - first + 1);
        }
    }
    return behind;
}

/// The oldest position that waits; 0 if there is none. Called with the lock held.
Position AgentRunner::oldest_waiting() const {
    Position oldest = 0;
    if (through_ < log_end_ || !all_done(0)) {
        oldest = settled_.checkpoint + 1;
    }
    for (const auto& lane : lanes_) {
        const Position held = lane->counts.oldest;
        if (held != 0 && (oldest == 0 || held < oldest)) {
            oldest = held;
        }
    }
    return oldest;
}

/// The time of the first event at this position or after it.
std::optional<Timestamp> AgentRunner::time_of(Position position) {
    if (position == 0) {
        return std::nullopt;
    }
    try {
        for (const StoredEvent& event : store_.read(position - 1, 1)) {
            return event.record.occurred_at;
        }
    } catch (const StoreError&) {
        // The status already shows the trouble. The time is unknown for now.
    }
    return std::nullopt;
}

bool AgentRunner::idle() {
    const std::lock_guard lock{mutex_};
    if (starting_ || !quiet()) {
        return false;
    }
    if (stopping_) {
        return true; // what is left stays in the log
    }
    return mailbox_.empty() && through_ >= log_end_ && !must_reload_ &&
           std::none_of(lanes_.begin(), lanes_.end(),
                        [this](const auto& lane) { return has_work(*lane); });
}

bool AgentRunner::handled(Position through) {
    const std::lock_guard lock{mutex_};
    // Positions passed since the last step are in no checkpoint yet.
    return !starting_ && (settled_.checkpoint >= through || (through_ >= through && all_done(0))) &&
           (unfinished_.empty() || unfinished_.begin()->first > through);
}

bool AgentRunner::ends() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

/// Whether no turn is due or under way, nothing waits for a commit, and no task reads ahead. Called
/// with the lock held.
bool AgentRunner::quiet() const {
    return open_batches_ == 0 && turns_under_way() == 0 && !reading_ahead_;
}

std::ptrdiff_t AgentRunner::turns_under_way() const {
    return std::count_if(lanes_.begin(), lanes_.end(),
                         [](const auto& lane) { return lane->running; });
}

void AgentRunner::begin_stop() {
    std::vector<Order> dropped;
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        for (auto* timer : {&timer_, &rest_timer_}) {
            if (*timer) {
                hub_->runtime().cancel(**timer);
                timer->reset();
            }
        }
        for (const auto& lane : lanes_) {
            std::move(lane->orders.begin(), lane->orders.end(), std::back_inserter(dropped));
            lane->orders.clear();
        }
    }
    for (const Order& order : dropped) {
        if (order.done) {
            order.done({.error = std::make_exception_ptr(std::logic_error{
                            "agent " + name_ + " stops: ask again when it runs"})});
        }
    }
}

void AgentRunner::stop() {
    begin_stop();
    std::unique_lock lock{mutex_};
    hub_->runtime().wait(lock, stopped_, [this] { return quiet() && !starting_; });
    if (!leaves_) {
        finish(lock);
    }
}

void AgentRunner::leave(Task at_rest) {
    begin_stop();
    std::unique_lock lock{mutex_};
    leaves_ = true;
    at_rest_ = std::move(at_rest);
    tell_rest(lock);
}

/// Calls at_rest_ if nothing is under way. Called with the lock held.
void AgentRunner::tell_rest(Lock& /*lock*/) {
    if (at_rest_ && quiet() && !starting_ && !stops_) {
        std::exchange(at_rest_, nullptr)();
    }
}

void AgentRunner::finish() {
    std::unique_lock lock{mutex_};
    finish(lock);
}

void AgentRunner::finish(Lock& lock) {
    if (live_) {
        save_checkpoint(lock, 0);
    }
    if (std::exchange(started_, false)) {
        stops_ = true;
        lock.unlock();
        {
            const WorkerScope scope{hub_.get()}; // if on_stop stops the bus, that must not wait
            stop_agent(*agent_, *hub_);
        }
        lock.lock();
        stops_ = false;
        stopped_.notify_all();
        tell_rest(lock);
    } else if (!WorkerScope::active_for(hub_.get())) {
        hub_->runtime().wait(lock, stopped_, [this] { return !stops_; });
    }
}

void AgentRunner::end_agent() {
    std::unique_ptr<Agent> ends;
    const std::lock_guard lock{mutex_};
    ends.swap(agent_);
} // the lock is released before `ends`: the agent's destructor runs user code

void AgentRunner::show(const std::function<void(const Agent&)>& look) {
    const std::lock_guard lock{mutex_};
    if (agent_) {
        look(*agent_);
    }
}

/// Whether all positions that were passed are settled. `turns` is the number of turns under way
/// that have begun no step. Called with the lock held.
bool AgentRunner::all_done(std::ptrdiff_t turns) const {
    return mailbox_.empty() && with_lanes_ == 0 && !must_reload_ && open_batches_ == 0 &&
           turns_under_way() <= turns;
}

/// Writes that all events up to through_ are settled, if all_done(turns), so that no step will
/// write it. The lock is held throughout, so the mailbox stays empty.
void AgentRunner::save_checkpoint(Lock& /*lock*/, std::ptrdiff_t turns) {
    if (through_ <= settled_.checkpoint || !all_done(turns)) {
        return;
    }
    Part part;
    part.agent = name_;
    part.chain = chain_;
    part.durability = Durability::buffered;
    part.settled.push_back({settled_.checkpoint + 1, through_});
    settle(part.settled.front());
    settle_from_ = through_ + 1;
    // At this fault point, the part fires a timer that does not exist, so the store refuses it.
    LIBBUS_FAULT_POINT_FAILS("checkpoint.write",
                             part.fires = std::numeric_limits<std::int64_t>::max());
    // If this fails, nothing is lost: the agent begins again at the checkpoint in the store.
    house_.writer.submit(std::move(part), [self = shared_from_this()](PartResult&& result, Part&&) {
        if (!result.error) {
            return;
        }
        {
            const std::lock_guard lock{self->mutex_};
            self->must_reload_ = true;
        }
        self->wake();
        self->hub_->note_change();
    });
}

/// Notes that the store cannot be read or written. It is tried again after a pause. Called with the
/// lock held.
void AgentRunner::note_trouble(std::string what) {
    trouble_ = std::move(what);
    must_reload_ = true;
    paused_until_ = hub_->runtime().steady_now() + std::chrono::milliseconds{500};
}

void AgentRunner::on_timer(std::uint64_t number) {
    std::unique_lock lock{mutex_};
    if (number == timer_number_) {
        timer_.reset();
    }
    wake_lanes(lock);
    if (!starting_ && !stopping_) {
        schedule_wake(lock); // the delivery that the timer was set for may be gone
    }
}

/// Sets the timer that wakes the agent for the next deferred delivery, or to try the store again.
void AgentRunner::schedule_wake(Lock& /*lock*/) {
    const SteadyTime now = hub_->runtime().steady_now();
    std::optional<SteadyTime> due;
    // If a lane is overdue but held back, the end of what it waits for wakes it. A timer for it
    // would fire again and again.
    const bool at_work = !quiet();
    if (must_reload_ && !(at_work && paused_until_ <= now)) {
        due = std::max(now, paused_until_);
    }
    for (const auto& lane : lanes_) {
        const bool spins = lane->next_due && *lane->next_due <= now && held_back(*lane);
        if (lane->next_due && !must_reload_ && !spins) {
            due = std::min(due.value_or(*lane->next_due), *lane->next_due);
        }
    }
    if (timer_ && due && timer_due_ <= *due && timer_due_ > now) {
        return;
    }
    if (timer_) {
        hub_->runtime().cancel(*timer_);
        timer_.reset();
    }
    if (due) {
        timer_due_ = *due;
        timer_ = hub_->runtime().schedule(*due - now,
                                          [weak = weak_from_this(), number = ++timer_number_] {
                                              if (const auto self = weak.lock()) {
                                                  self->on_timer(number);
                                              }
                                          });
    }
}

} // namespace bus
