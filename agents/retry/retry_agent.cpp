#include <agents/retry/retry_agent.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::agents {

namespace {

/// Which death of a letter was answered last. Several failure events can lead to the same death: if
/// somebody else redrives a letter meanwhile and it dies again, that death has its own failure
/// event. The state is kept as long as the letter can be found with this death: until a redrive is
/// committed, or permanently if there is none.
struct AnsweredDeath {
    std::uint32_t redrives = 0;
    Timestamp last_attempt{};
    friend bool operator==(const AnsweredDeath&, const AnsweredDeath&) = default;
};
BOOST_DESCRIBE_STRUCT(AnsweredDeath, (), (redrives, last_attempt))

std::string letter_key(std::string_view agent, const Uuid& event_id) {
    return "letter/" + std::string{agent} + '/' + to_text(event_id);
}

AttemptRecord last_attempt(const DeliveryRecord& letter) {
    return letter.attempts.empty() ? AttemptRecord{} : letter.attempts.back();
}

AnsweredDeath death_of(const DeliveryRecord& letter) {
    return {letter.redrives, last_attempt(letter).at};
}

/// Why the letter is not redriven once more; none if it is redriven.
std::optional<std::string> reason_to_leave(const DeliveryRecord& letter, const AttemptRecord& last,
                                           std::uint32_t rounds) {
    const std::string failure = std::string{to_text(last.kind)} + ": " + last.message;
    if (last.kind == FailureKind::rejected || last.kind == FailureKind::poison) {
        return "a redrive would fail the same way: " + failure;
    }
    if (letter.redrives >= rounds) {
        return "still failing after " + std::to_string(letter.redrives) + " of " +
               std::to_string(rounds) + " redrives: " + failure;
    }
    return std::nullopt;
}

} // namespace

RetryAgent::RetryAgent(std::string name, std::vector<FailureBinding> bindings, RetryOptions options)
    : Agent{std::move(name)}, bindings_{std::move(bindings)}, options_{options} {
    try {
        options_.check();
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{"retry agent '" + this->name() + "': " + error.what()};
    }
    if (bindings_.empty()) {
        throw std::invalid_argument{"retry agent '" + this->name() +
                                    "' has no failure event to react to: give it a FailureBinding"};
    }
    for (const FailureBinding& binding : bindings_) {
        if (binding.type == nullptr || !binding.read) {
            throw std::invalid_argument{"retry agent '" + this->name() +
                                        "': a binding needs an event type and a function"};
        }
        on(*binding.type, [this, &binding](const DomainEvent& event, Context& context) {
            react(binding, event, context);
        }).emits<RedriveRequestedEvent, RedriveAbandonedEvent>();
    }
    on<RedriveRequestedEvent>(&RetryAgent::forget);
}

void RetryAgent::react(const FailureBinding& binding, const DomainEvent& event,
                       Context& context) const {
    const std::optional<FailedDelivery> failed = binding.read(event);
    if (!failed) {
        return;
    }
    // The state is read before the letter. In the other order, the letter could be read as dead,
    // then its redrive be committed and the state be erased, and an old death would look new.
    const auto answered = context.state<AnsweredDeath>(letter_key(failed->agent, failed->event_id));
    // Read again in every attempt: during the backoff somebody may redrive or discard the letter.
    const auto letter = context.dead_letter(failed->agent, failed->event_id);
    if (letter && answered != death_of(*letter)) {
        answer(*letter, *failed, event, context);
    }
}

/// The redrive has come back from the log, so it is committed. The letter is no longer found with
/// that death, so its state can be erased.
void RetryAgent::forget(const RedriveRequestedEvent& event, Context& context) const {
    const std::string key = letter_key(event.agent, event.failed_event_id);
    const auto answered = context.state<AnsweredDeath>(key);
    if (answered && answered->redrives < event.round) {
        context.erase_state(key);
    }
}

void RetryAgent::answer(const DeliveryRecord& letter, const FailedDelivery& failed,
                        const DomainEvent& event, Context& context) const {
    const AttemptRecord last = last_attempt(letter);
    const std::string key = letter_key(failed.agent, failed.event_id);
    const AnsweredDeath death = death_of(letter);
    const auto tell = [&](auto answer_event) {
        answer_event.own_aggregate_id = event.aggregate_id();
        context.publish(std::move(answer_event));
    };
    if (auto reason = reason_to_leave(letter, last, options_.rounds)) {
        context.set_state(key, death);
        tell(RedriveAbandonedEvent{
            {}, failed.agent, failed.event_id, letter.redrives, std::move(*reason)});
        return;
    }
    const std::uint32_t round = letter.redrives + 1;
    const Timestamp failed_at = std::max(event.occurred_at, last.at);
    const Duration backoff = std::min(options_.backoff(round, failed.agent, failed.event_id),
                                      Timestamp::max() - failed_at); // may be Duration::max()
    const Timestamp due = failed_at + backoff;
    const Timestamp now = context.now();
    // If the failure lies in the future, the clock was set back: wait for one backoff from now.
    const bool has_waited = now >= due || (now < failed_at && context.attempt() > 1);
    if (!has_waited) {
        throw Failure::not_ready("redrive " + std::to_string(round) + " of " +
                                     std::to_string(options_.rounds) + " of event " +
                                     to_text(failed.event_id) + " to agent " + failed.agent +
                                     " is due at " + to_text(due),
                                 std::min(due - now, backoff));
    }
    context.redrive(letter);
    context.set_state(key, death);
    tell(RedriveRequestedEvent{{}, failed.agent, failed.event_id, round, last.message});
}

} // namespace bus::agents
