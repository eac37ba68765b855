#include <bus/agent/mailbox_runner.hpp>

#include <exception>
#include <functional>
#include <string>
#include <utility>

// What a step results in: its effects, its next attempt, or its end.

namespace bus {

using internal::Deferred;
using internal::Parking;

class MailboxRunner::Source final : public StepSource {
public:
    explicit Source(MailboxRunner& runner) : runner_{runner} {}

    Timestamp now() override { return runner_.hub_->runtime().now(); }

    std::uint64_t random() override { return runner_.hub_->runtime().random(); }

    std::optional<std::string> state(std::string_view key) override {
        return runner_.state_text(key);
    }

    StatePage states(std::string_view prefix, const std::optional<std::string>& after) override {
        return runner_.state_page(prefix, after);
    }

    /// Without a store no dead letter is kept.
    std::optional<DeliveryRecord> dead_letter(std::string_view /*agent*/,
                                              const Uuid& /*event_id*/) override {
        return std::nullopt;
    }

    TimerHandle new_timer() override { return runner_.timers_->reserve(); }

private:
    MailboxRunner& runner_;
};

std::optional<std::string> MailboxRunner::state_text(std::string_view key) {
    const std::lock_guard lock{states_mutex_};
    const auto found = states_.find(key);
    return found != states_.end() ? std::optional{found->second} : std::nullopt;
}

StatePage MailboxRunner::state_page(std::string_view prefix,
                                    const std::optional<std::string>& after) {
    const std::lock_guard lock{states_mutex_};
    return detail::page_of(states_, prefix, after);
}

/// Runs a first attempt. Failures of the step are caught inside; what arrives here is lack of
/// memory outside the step. It costs the event, but does not end the program.
void MailboxRunner::handle(Lane& lane, const DomainEvent& event) noexcept {
    try {
        handle_or_throw(lane, event);
    } catch (...) {
        Lane::count(lane.lost);
        report("an event is lost");
    }
}

void MailboxRunner::handle_or_throw(Lane& lane, const DomainEvent& event) {
    const std::optional<Failure> failure = attempt(lane, event, 1);
    if (!failure) {
        apply(lane, event, 1);
        return;
    }
    const bool any_order = agent_->settings().sequence.kind == Sequence::Kind::none;
    std::string key = any_order ? std::to_string(++lane.last_deferral) : key_of(event);
    if (!defer(lane, event, std::move(key), {.event = nullptr, .attempts = 1}, *failure)) {
        give_up(lane, event, 1, *failure);
    }
}

/// Runs the next delivery of a line: its head again, or the first event behind it.
void MailboxRunner::retry(Lane& lane, Parking::Line& line) noexcept {
    bool waits = false;
    try {
        waits = retry_or_throw(lane, line, lane.parking.take(line));
    } catch (...) { // as in handle()
        Lane::count(lane.lost);
        report("an event is lost");
    }
    if (!waits) {
        lane.parking.settle(line);
    }
}

/// Returns true if the delivery waits for another attempt.
bool MailboxRunner::retry_or_throw(Lane& lane, const Parking::Line& line, Deferred delivery) {
    const std::shared_ptr<const DomainEvent> event = delivery.event;
    const bool waited = std::exchange(delivery.not_ready, false);
    const std::uint32_t number = delivery.attempts + 1;
    const std::optional<Failure> failure = attempt(lane, *event, number);
    if (!failure) {
        apply(lane, *event, number);
        return false;
    }
    if (!(waited && failure->kind() == FailureKind::not_ready)) {
        delivery.attempts = number;
    }
    if (defer(lane, *event, line.key, std::move(delivery), *failure)) {
        return true;
    }
    give_up(lane, *event, number, *failure);
    return false;
}

/// Returns true if the event waits behind another one of its sequence, or is lost because it cannot
/// be copied.
bool MailboxRunner::park(Lane& lane, const DomainEvent& event) noexcept {
    if (agent_->settings().sequence.kind == Sequence::Kind::none) {
        return false;
    }
    try {
        Parking::Line* const line = lane.parking.find(key_of(event));
        if (line == nullptr) {
            return false;
        }
        const bool first = lane.parking.park(*line, event);
        lane.show_parking();
        if (const auto sink = first ? hub_->sink() : nullptr) {
            sink->on_parked(event, agent_->name(), 0);
        }
    } catch (...) {
        Lane::count(lane.lost);
        report("an event that must wait for its turn is lost");
    }
    return true;
}

/// Runs one attempt of a step. What it wants to happen is put into the lane's effects.
std::optional<Failure> MailboxRunner::attempt(Lane& lane, const DomainEvent& event,
                                              std::uint32_t number) {
    const Agent::Handler* const handler = handler_of(event.type());
    if (handler == nullptr) {
        return std::nullopt;
    }
    Source source{*this};
    const StepInput input{event, 0, number, 0};
    lane.begun_at = hub_->time_if_watched();
    std::optional<Failure> failure =
        run_step(*agent_, *handler, input, source, lane.effects, hub_->around_steps);
    if (failure) {
        const bool not_ready = failure->kind() == FailureKind::not_ready;
        if (const auto sink = hub_->sink()) {
            not_ready ? sink->on_not_ready(event, agent_->name(), *failure)
                      : sink->on_failed(event, agent_->name(), *failure);
        }
        if (!not_ready) {
            Lane::count(lane.failures);
        }
    }
    return failure;
}

/// Counts and reports a step that has succeeded, and carries out its effects.
void MailboxRunner::apply(Lane& lane, const DomainEvent& event, std::uint32_t number) {
    Lane::count(lane.finished);
    if (const auto sink = hub_->sink()) {
        sink->on_finished(
            event,
            {.by = agent_->name(), .duration = hub_->since(lane.begun_at), .attempt = number});
    }
    if (!lane.effects.empty()) {
        carry_out(std::exchange(lane.effects, {}), "what a step emitted was not published");
    }
}

/// Carries out the effects of a step or of on_given_up.
void MailboxRunner::carry_out(const StepEffects& effects, const char* not_published) {
    if (!effects.states.empty()) {
        const std::lock_guard lock{states_mutex_};
        for (const auto& [key, json] : effects.states) {
            if (json) {
                states_.insert_or_assign(key, *json);
            } else {
                states_.erase(key);
            }
        }
    }
    for (const TimerRequest& timer : effects.timers) {
        timers_->start(timer.handle, timer.delay, timer.event);
        hub_->clock().watch();
    }
    for (const TimerHandle timer : effects.cancelled) {
        timers_->cancel(timer);
    }
    if (effects.emitted.empty()) {
        return;
    }
    try {
        publish_emitted_(effects.emitted);
    } catch (...) {
        report(not_published);
    }
}

/// Lets a failed delivery wait for its next attempt. Returns false if it must be given up.
/// `delivery.event` is null if the event still lies in the mailbox.
bool MailboxRunner::defer(Lane& lane, const DomainEvent& event, std::string key,
                          Deferred&& delivery, const Failure& failure) {
    delivery.not_ready = failure.kind() == FailureKind::not_ready;
    delivery.failures += delivery.not_ready ? 0U : 1U;
    Runtime& runtime = hub_->runtime();
    const Timestamp now = runtime.now();
    const std::optional<Timestamp> next =
        agent_->settings().retry.next_attempt(failure, delivery.failures, now, runtime.random());
    if (!next) {
        return false;
    }
    try {
        if (!delivery.event) {
            delivery.event = event.type().copy(event);
        }
        // Start the timer first: if that fails, no delivery waits for a wake-up that never comes.
        // It may fire at once, but its effect is not seen before this turn calls take() again.
        auto wakes = [weak = weak_from_this(), &lane, key] {
            if (const auto self = weak.lock()) {
                self->wake(self->mailbox_.make_due(lane, key));
            }
        };
        if (failure.waits_for_wall_clock()) {
            hub_->clock().at(*next, std::move(wakes));
        } else {
            attempts_.schedule(runtime, *next - now, std::move(wakes));
        }
        lane.parking.defer(std::move(key), std::move(delivery));
        lane.show_parking();
        hub_->clock().watch();
        return true;
    } catch (...) {
        report("a delivery that must wait cannot be kept");
        return false;
    }
}

void MailboxRunner::give_up(Lane& lane, const DomainEvent& event, std::uint32_t attempt,
                            const Failure& failure) {
    Lane::count(lane.dead);
    Source source{*this};
    const StepInput input{event, 0, attempt, 0};
    StepOutcome outcome = run_given_up(*agent_, input, failure, source, hub_->around_steps);
    Teller teller = hub_->teller();
    teller.on_dead_lettered(event, agent_->name(), failure);
    if (outcome.failure) {
        teller.on_given_up_failed(event, agent_->name(), *outcome.failure);
    }
    carry_out(outcome.effects, "what on_given_up emitted was not published");
}

const Agent::Handler* MailboxRunner::handler_of(const EventType& type) const noexcept {
    const Agent::Handler* const handler =
        type.index() < handlers_.size() ? handlers_[type.index()] : nullptr;
    return handler != nullptr ? handler : agent_->handler_for(type);
}

/// Returns the key of the event's sequence. Not for Kind::none.
std::string MailboxRunner::key_of(const DomainEvent& event) const {
    std::optional<std::string> failure;
    std::string key = key_of(event, failure);
    report_key(failure);
    return key;
}

std::string MailboxRunner::key_of(const DomainEvent& event,
                                  std::optional<std::string>& failure) const {
    const Sequence& sequence = agent_->settings().sequence;
    if (sequence.kind == Sequence::Kind::key) {
        try {
            return 'k' + sequence.key_of(event);
        } catch (...) { // the host's code must end neither the turn nor the publish
            failure = message_of_exception();
        }
    }
    std::string key{'a'};
    key += event.aggregate_type();
    key += '\0';
    key += event.aggregate_id();
    return key;
}

void MailboxRunner::report_key(const std::optional<std::string>& failure) const noexcept {
    if (failure) [[unlikely]] {
        report("the key of an event's sequence failed", *failure);
    }
}

std::optional<std::size_t> MailboxRunner::lane_hash(const DomainEvent& event) const {
    const std::hash<std::string_view> hash;
    if (mailbox_.lanes() == 1) {
        return 0;
    }
    switch (sequence_) {
    // Whatever the aggregate type.
    case Sequence::Kind::aggregate: return hash(event.aggregate_id());
    case Sequence::Kind::key: break;
    case Sequence::Kind::none: return std::nullopt;
    }
    std::optional<std::size_t> found;
    std::optional<std::string> failure; // the exception itself may be of the agent's library
    {
        // This calls the agent's own code in a publisher's thread: the lock keeps the agent alive.
        const std::shared_lock lock{key_mutex_};
        if (agent_) {
            found = hash(key_of(event, failure));
        }
    }
    report_key(failure); // without the lock: an observer may remove the agent
    return found;
}

} // namespace bus
