#include <agents/retry/retry_agent.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::agents {

namespace {

/// Which death of a letter was answered last. Several failure events can speak of one death, for a
/// letter that somebody else redrove in the meantime dies with a failure event of its own.
struct AnsweredDeath {
    std::uint32_t redrives = 0;
    Timestamp last_attempt{};
    friend bool operator==(const AnsweredDeath&, const AnsweredDeath&) = default;
};
BOOST_DESCRIBE_STRUCT(AnsweredDeath, (), (redrives, last_attempt))

std::string letter_key(const FailedDelivery& failed) {
    return "letter/" + failed.agent + '/' + to_text(failed.event_id);
}

/// Why the letter is not redriven once more; none: it is.
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
    options_.check();
    if (bindings_.empty()) {
        throw std::invalid_argument{"retry agent '" + this->name() +
                                    "' is bound to no failure event: give it a FailureBinding"};
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
}

void RetryAgent::react(const FailureBinding& binding, const DomainEvent& event,
                       Context& context) const {
    const std::optional<FailedDelivery> failed = binding.read(event);
    if (!failed) {
        return;
    }
    // Looked up in every attempt: while we wait, somebody may redrive or discard the letter.
    if (const auto letter = context.dead_letter(failed->agent, failed->event_id)) {
        answer(*letter, *failed, event, context);
    }
}

void RetryAgent::answer(const DeliveryRecord& letter, const FailedDelivery& failed,
                        const DomainEvent& event, Context& context) const {
    const AttemptRecord last = letter.attempts.empty() ? AttemptRecord{} : letter.attempts.back();
    const std::string key = letter_key(failed);
    const AnsweredDeath death{letter.redrives, last.at};
    if (context.state<AnsweredDeath>(key) == death) {
        return;
    }
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
    const Timestamp due = std::max(event.occurred_at, last.at) +
                          options_.backoff(round, failed.agent, failed.event_id);
    if (context.now() < due) {
        throw Failure::not_ready("redrive " + std::to_string(round) + " of " +
                                     std::to_string(options_.rounds) + " of event " +
                                     to_text(failed.event_id) + " to agent " + failed.agent +
                                     " is due at " + to_text(due),
                                 due);
    }
    context.redrive(letter);
    context.set_state(key, death);
    tell(RedriveRequestedEvent{{}, failed.agent, failed.event_id, round, last.message});
}

} // namespace bus::agents
