#include <bus/agent/mailbox_runner.hpp>

#include <algorithm>

namespace bus {

namespace {

/// Steps in one go, before other agents get their turn.
constexpr std::size_t most_steps = 64;

} // namespace

class MailboxRunner::Source final : public StepSource {
public:
    explicit Source(MailboxRunner& runner) : runner_{runner} {}

    Timestamp now() override { return runner_.hub_->runtime().now(); }

    std::uint64_t random() override { return runner_.hub_->runtime().random(); }

    std::optional<std::string> state(std::string_view key) override {
        const auto found = runner_.states_.find(key);
        return found != runner_.states_.end() ? std::optional{found->second} : std::nullopt;
    }

    std::vector<StateRecord> states(std::string_view prefix) override {
        std::vector<StateRecord> result;
        for (auto entry = runner_.states_.lower_bound(prefix);
             entry != runner_.states_.end() && entry->first.starts_with(prefix); ++entry) {
            result.push_back({entry->first, entry->second});
        }
        return result;
    }

    /// Without a store nothing is kept that could be redriven.
    std::optional<DeliveryRecord> dead_letter(std::string_view /*agent*/,
                                              const Uuid& /*event_id*/) override {
        return std::nullopt;
    }

private:
    MailboxRunner& runner_;
};

MailboxRunner::MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                             PublishEmitted publish_emitted)
    : agent_{std::move(agent)},
      hub_{std::move(hub)},
      publish_emitted_{std::move(publish_emitted)} {}

void MailboxRunner::offer(const DomainEvent& event, bool may_block) {
    {
        std::unique_lock lock{mutex_};
        if (stopping_ || !make_room(lock, may_block)) {
            ++dropped_;
            return;
        }
        mailbox_.push_back(
            {.event = event.type().copy(event), .record = {.agent = agent_->name()}});
    }
    wake();
}

bool MailboxRunner::make_room(std::unique_lock<std::mutex>& lock, bool may_block) {
    const std::size_t capacity = agent_->settings().mailbox_capacity;
    if (mailbox_.size() < capacity) {
        return true;
    }
    switch (agent_->settings().overflow) {
    case Overflow::reject: return false;
    case Overflow::drop_oldest:
        mailbox_.pop_front();
        ++dropped_;
        return true;
    case Overflow::block:
        if (may_block) {
            hub_->runtime().wait(lock, changed_, [this, capacity] {
                return stopping_ || mailbox_.size() < capacity;
            });
        }
        return !stopping_;
    }
    return true;
}

void MailboxRunner::wake() {
    {
        const std::lock_guard lock{mutex_};
        if (running_ || stopping_ || mailbox_.empty()) {
            return;
        }
        running_ = true;
    }
    hub_->runtime().pool().post([self = shared_from_this()] { self->run(); });
}

void MailboxRunner::run() {
    for (std::size_t step = 0; step < most_steps; ++step) {
        std::unique_lock lock{mutex_};
        if (mailbox_.empty() || stopping_) {
            break;
        }
        Delivery delivery = std::move(mailbox_.front());
        mailbox_.pop_front();
        lock.unlock();
        changed_.notify_all();
        handle(delivery);
    }
    {
        const std::lock_guard lock{mutex_};
        running_ = false;
        changed_.notify_all();
    }
    wake();
    hub_->note_change();
}

void MailboxRunner::handle(Delivery& delivery) {
    Source source{*this};
    const StepInput input{*delivery.event, 0,
                          static_cast<std::uint32_t>(delivery.record.attempts.size() + 1), 0};
    const WorkerScope worker{hub_.get()};
    StepOutcome outcome = run_step(*agent_, input, source);
    const auto sink = hub_->sink();
    if (outcome.failure) {
        if (sink != nullptr) {
            sink->on_failed(*delivery.event, agent_->name(), *outcome.failure);
        }
        settle_failure(delivery, input, *outcome.failure, source);
        return;
    }
    for (auto& [key, json] : outcome.effects.states) {
        if (json) {
            states_.insert_or_assign(key, std::move(*json));
        } else {
            states_.erase(key);
        }
    }
    {
        const std::lock_guard lock{mutex_};
        ++finished_;
    }
    if (sink != nullptr) {
        sink->on_handled(*delivery.event, agent_->name());
    }
    publish_emitted_(outcome.effects.emitted);
}

void MailboxRunner::settle_failure(Delivery& delivery, const StepInput& input,
                                   const Failure& failure, Source& source) {
    DeliveryRecord& record = delivery.record;
    const bool not_ready = failure.kind() == FailureKind::not_ready;
    const Timestamp now = source.now();
    if (not_ready && !record.attempts.empty() &&
        record.attempts.back().kind == FailureKind::not_ready) {
        record.attempts.pop_back();
    }
    record.attempts.push_back({now, failure.kind(), failure.what()});
    record.failures += not_ready ? 0U : 1U;
    {
        const std::lock_guard lock{mutex_};
        failures_ += not_ready ? 0U : 1U;
    }
    const std::optional<Timestamp> next =
        agent_->settings().retry.next_attempt(failure, record.failures, now, source.random());
    if (next) {
        record.due = *next;
        defer(std::move(delivery));
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        ++dead_;
    }
    StepOutcome outcome = run_given_up(*agent_, input, failure, source);
    if (const auto sink = hub_->sink()) {
        sink->on_dead_lettered(*delivery.event, agent_->name(), failure);
        if (outcome.failure) {
            sink->on_failed(*delivery.event, agent_->name(), *outcome.failure);
        }
    }
    publish_emitted_(outcome.effects.emitted);
}

void MailboxRunner::defer(Delivery delivery) {
    const bool not_ready = delivery.record.attempts.back().kind == FailureKind::not_ready;
    {
        const std::lock_guard lock{mutex_};
        ++(not_ready ? not_ready_ : deferred_);
    }
    const Duration delay = delivery.record.due - hub_->runtime().now();
    hub_->runtime().schedule(delay, [weak = weak_from_this(), not_ready,
                                     waiting = std::make_shared<Delivery>(std::move(delivery))] {
        const auto self = weak.lock();
        if (!self) {
            return;
        }
        {
            const std::lock_guard lock{self->mutex_};
            --(not_ready ? self->not_ready_ : self->deferred_);
            self->mailbox_.push_front(std::move(*waiting));
        }
        self->wake();
        self->hub_->note_change();
    });
}

AgentStatus MailboxRunner::status() {
    const std::lock_guard lock{mutex_};
    return {.name = agent_->name(),
            .finished = finished_,
            .failures = failures_,
            .queued = mailbox_.size(),
            .busy = running_ || !mailbox_.empty(),
            .retrying = deferred_,
            .not_ready = not_ready_,
            .dead = dead_,
            .dropped = dropped_};
}

bool MailboxRunner::idle() {
    const std::lock_guard lock{mutex_};
    return !running_ && (stopping_ || mailbox_.empty());
}

void MailboxRunner::begin_stop() {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
}

void MailboxRunner::stop() {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
    hub_->runtime().wait(lock, changed_, [this] { return !running_; });
}

} // namespace bus
