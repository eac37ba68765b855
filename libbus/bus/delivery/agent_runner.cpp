#include <bus/delivery/agent_runner.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <utility>

namespace bus {

namespace {

constexpr Duration pause_after_store_trouble = std::chrono::milliseconds{500};

} // namespace

AgentRunner::AgentRunner(std::unique_ptr<Agent> agent, EventStore& store, Writer& writer,
                         std::shared_ptr<RunnerHub> hub, OnAftermath on_aftermath)
    : agent_{std::move(agent)},
      store_{store},
      writer_{writer},
      hub_{std::move(hub)},
      on_aftermath_{std::move(on_aftermath)},
      steps_{*agent_, store_, *hub_} {
    for (const EventType* type : known_event_types()) {
        handled_types_.resize(std::max<std::size_t>(handled_types_.size(), type->index() + 1));
        handled_types_[type->index()] = agent_->handler_for(*type) != nullptr;
    }
}

void AgentRunner::start() {
    // Commits are offered from before the registration on; until the agent knows where it begins
    // it only counts as running, so that none of them wakes it.
    try {
        start_agent(*agent_);
        started_ = true;
        register_agent();
        reload();
    } catch (...) {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            running_ = false;
            stopped_.notify_all();
        }
        if (std::exchange(started_, false)) {
            stop_agent(*agent_, *hub_);
        }
        throw;
    }
    {
        const std::lock_guard lock{mutex_};
        running_ = false;
        stopped_.notify_all();
    }
    wake();
}

void AgentRunner::register_agent() {
    if (store_.agent(agent_->name())) {
        return;
    }
    const StartPosition& start = agent_->settings().start;
    Part part;
    part.agent = agent_->name();
    LIBBUS_FAULT_POINT("agent.register");
    part.start = start.kind == StartPosition::Kind::now ? store_.last_position() : start.position;
    std::optional<PartResult> result;
    writer_.submit(std::move(part), [&](PartResult&& r) {
        const std::lock_guard lock{mutex_};
        result = std::move(r);
        stopped_.notify_all();
    });
    std::unique_lock lock{mutex_};
    hub_->runtime().wait(lock, stopped_, [&] { return result.has_value(); });
    if (result->error) {
        std::rethrow_exception(result->error);
    }
}

/// Begins again where the store says that the agent is.
void AgentRunner::reload() {
    {
        const std::lock_guard lock{mutex_};
        reading_ = true;
        redriven_meanwhile_.clear();
    }
    LIBBUS_FAULT_POINT("recovery.read");
    const AgentRecord record = store_.agent(agent_->name()).value_or(AgentRecord{});
    std::vector<DeliveryRecord> deferred =
        store_.deliveries(agent_->name(), DeliveryState::deferred);
    const std::size_t dead = store_.deliveries(agent_->name(), DeliveryState::dead).size();
    const Position end = store_.last_position();
    const std::lock_guard lock{mutex_};
    reading_ = false;
    mailbox_.clear();
    steps_.forget_uncommitted();
    deferred_.clear();
    for (DeliveryRecord& delivery : deferred) {
        deferred_.emplace(delivery.position, std::move(delivery));
    }
    for (DeliveryRecord& delivery : redriven_meanwhile_) {
        // Committed after the deliveries were read, or known from them already.
        deferred_.insert_or_assign(delivery.position, std::move(delivery));
    }
    redriven_meanwhile_.clear();
    dead_ = dead;
    finished_ = record.finished;
    checkpoint_ = record.checkpoint;
    through_ = record.checkpoint;
    log_end_ = std::max(log_end_, end);
    live_ = false;
    must_reload_ = false;
    trouble_.clear();
}

void AgentRunner::offer(const Writer::Committed& committed) {
    bool has_work = false;
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            return; // it is in the log
        }
        log_end_ = committed.events.back()->position;
        live_ = live_ && committed.previous_last <= through_ &&
                mailbox_.size() < agent_->settings().mailbox_capacity;
        if (live_) {
            for (const Writer::Event& event : committed.events) {
                // A page read from the store may have shown it before its commit was told here.
                if (event->position > through_ && handles(*event)) {
                    mailbox_.push_back(event);
                }
            }
            through_ = std::max(through_, log_end_);
        }
        has_work = !mailbox_.empty() || !live_;
    }
    if (has_work) {
        wake();
    }
}

void AgentRunner::take_redriven(const DeliveryRecord& delivery) {
    {
        const std::lock_guard lock{mutex_};
        deferred_.insert_or_assign(delivery.position, delivery);
        dead_ -= dead_ > 0 ? 1 : 0;
        if (reading_) {
            redriven_meanwhile_.push_back(delivery);
        }
    }
    wake();
}

bool AgentRunner::retry_now(Position position) {
    {
        const std::lock_guard lock{mutex_};
        const auto found = deferred_.find(position);
        if (found == deferred_.end()) {
            return false;
        }
        found->second.due = hub_->runtime().now();
    }
    wake();
    return true;
}

bool AgentRunner::handles(const StoredEvent& event) const {
    const EventType* type =
        event.event ? &event.event->type() : find_event_type(event.record.event_type);
    if (type == nullptr) {
        return false;
    }
    return type->index() < handled_types_.size() ? handled_types_[type->index()]
                                                 : agent_->handler_for(*type) != nullptr;
}

AgentStatus AgentRunner::status() {
    const std::lock_guard lock{mutex_};
    AgentStatus status{.name = agent_->name(),
                       .checkpoint = checkpoint_,
                       .finished = finished_,
                       .failures = failures_,
                       .queued = mailbox_.size(),
                       .busy = running_ || !mailbox_.empty() || through_ < log_end_,
                       .dead = dead_,
                       .trouble = trouble_};
    for (const auto& [position, delivery] : deferred_) {
        const bool not_ready = !delivery.attempts.empty() &&
                               delivery.attempts.back().kind == FailureKind::not_ready &&
                               delivery.due != Timestamp{};
        ++(not_ready ? status.not_ready : status.retrying);
        status.next_due = std::min(status.next_due.value_or(delivery.due), delivery.due);
    }
    return status;
}

bool AgentRunner::idle() {
    const std::lock_guard lock{mutex_};
    if (stopping_) {
        return !running_; // what is left stays in the log
    }
    if (running_ || !mailbox_.empty() || through_ < log_end_ || must_reload_) {
        return false;
    }
    const Timestamp now = hub_->runtime().now();
    return std::none_of(deferred_.begin(), deferred_.end(),
                        [now](const auto& entry) { return entry.second.due <= now; });
}

void AgentRunner::begin_stop() {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    if (timer_) {
        hub_->runtime().cancel(*timer_);
        timer_.reset();
    }
}

void AgentRunner::stop() {
    begin_stop();
    std::unique_lock lock{mutex_};
    hub_->runtime().wait(lock, stopped_, [this] { return !running_; });
    if (mailbox_.empty() && live_ && !must_reload_ && through_ > checkpoint_) {
        save_checkpoint(lock);
    }
    if (std::exchange(started_, false)) {
        lock.unlock();
        stop_agent(*agent_, *hub_);
    }
}

/// Writes that events up to through_ are settled, where no step says so on its way. Called, and
/// left, with the lock held: whoever found that nothing is in the mailbox still knows it here.
void AgentRunner::save_checkpoint(std::unique_lock<std::mutex>& /*lock*/) {
    LIBBUS_FAULT_POINT("checkpoint.write");
    Part part;
    part.agent = agent_->name();
    part.durability = Durability::buffered;
    part.expected_checkpoint = checkpoint_;
    part.checkpoint = through_;
    checkpoint_ = through_;
    // Nothing is lost where this fails: the agent begins again where the store says it is.
    writer_.submit(std::move(part), [self = shared_from_this()](PartResult&& result) {
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

void AgentRunner::wake() {
    {
        const std::lock_guard lock{mutex_};
        if (running_ || stopping_) {
            return;
        }
        running_ = true;
    }
    hub_->runtime().pool().post([self = shared_from_this()] { self->run(); });
}

/// Sees to it that the agent wakes for the next deferred delivery, or to try the store again.
void AgentRunner::schedule_wake(std::unique_lock<std::mutex>& /*lock*/) {
    const Timestamp now = hub_->runtime().now();
    std::optional<Timestamp> due;
    if (must_reload_) {
        // Not sooner for what is due: it would fail as before, and without a pause again and again.
        due = now + pause_after_store_trouble;
    } else {
        for (const auto& [position, delivery] : deferred_) {
            due = std::min(due.value_or(delivery.due), delivery.due);
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
        timer_ = hub_->runtime().schedule(*due - now, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->wake();
            }
        });
    }
}

} // namespace bus
