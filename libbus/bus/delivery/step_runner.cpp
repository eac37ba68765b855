#include <bus/delivery/step_runner.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/fault_point.hpp>

namespace bus {

namespace {

/// The event itself; null, with the failure set, where it cannot be read.
std::shared_ptr<const DomainEvent> event_of(const DeliveryItem& item,
                                            std::optional<Failure>& failure) {
    if (item.event->event) {
        return item.event->event;
    }
    try {
        return decode(item.event->record);
    } catch (const CodecError& error) {
        failure = Failure::poison("event " + std::to_string(item.event->position) +
                                  " cannot be read: " + error.what());
        return nullptr;
    }
}

} // namespace

/// What a step reads: the writes of earlier steps that are not committed yet, then the store.
class StepRunner::Source final : public StepSource {
public:
    explicit Source(StepRunner& runner) : runner_{runner} {}

    Timestamp now() override { return runner_.hub_.runtime().now(); }

    std::uint64_t random() override { return runner_.hub_.runtime().random(); }

    std::optional<std::string> state(std::string_view key) override {
        const auto& written = runner_.uncommitted_states_;
        if (const auto found = written.find(key); found != written.end()) {
            return found->second;
        }
        std::optional<StateRecord> record = runner_.store_.state(runner_.agent_.name(), key);
        return record ? std::optional{std::move(record->json)} : std::nullopt;
    }

    std::vector<StateRecord> states(std::string_view prefix) override {
        std::map<std::string, std::string> merged;
        for (StateRecord& record : runner_.store_.states(runner_.agent_.name(), prefix)) {
            merged.insert_or_assign(std::move(record.key), std::move(record.json));
        }
        for (const auto& [key, json] : runner_.uncommitted_states_) {
            if (!key.starts_with(prefix)) {
                continue;
            }
            if (json) {
                merged.insert_or_assign(key, *json);
            } else {
                merged.erase(key);
            }
        }
        std::vector<StateRecord> result;
        result.reserve(merged.size());
        for (auto& [key, json] : merged) {
            result.push_back({key, std::move(json)});
        }
        return result;
    }

    std::optional<DeliveryRecord> dead_letter(std::string_view agent,
                                              const Uuid& event_id) override {
        const std::optional<StoredEvent> event = runner_.store_.find(event_id);
        if (!event) {
            return std::nullopt;
        }
        auto delivery = runner_.store_.delivery(agent, event->position);
        return delivery && delivery->state == DeliveryState::dead ? delivery : std::nullopt;
    }

private:
    StepRunner& runner_;
};

void StepRunner::attempt(DeliveryItem& item, StepBatch& batch) {
    Part part;
    part.agent = agent_.name();
    part.expected_checkpoint = batch.checkpoint;
    Attempted attempted{.position = item.event->position, .settles = item.settles};
    Source source{*this};
    attempted.event = event_of(item, attempted.failure);
    std::optional<StepInput> input;
    if (attempted.event) {
        const auto attempts = item.deferred ? item.deferred->attempts.size() : 0;
        input.emplace(StepInput{.event = *attempted.event,
                                .position = item.event->position,
                                .attempt = static_cast<std::uint32_t>(attempts + 1),
                                .redrives = item.deferred ? item.deferred->redrives : 0});
    }
    StepEffects effects;
    bool only_buffered =
        attempted.event && attempted.event->type().durability() == Durability::buffered;
    if (const auto refused = refused_.extract(item.event->position)) {
        attempted.failure = refused.mapped().failure;
        if (refused.mapped().was_failure) {
            input.reset();
        }
    } else if (input) {
        LIBBUS_FAULT_POINT("step.before");
        StepOutcome outcome = run_step(agent_, *input, source);
        LIBBUS_FAULT_POINT("step.after_handler");
        attempted.failure = put_events(outcome, part);
        effects = std::move(outcome.effects);
    }
    if (attempted.failure) {
        effects = fail(item, attempted, input ? &*input : nullptr, source, part);
    } else {
        part.finished = 1;
    }
    put_effects(std::move(effects), attempted, part);
    if (item.deferred && !attempted.delivery) {
        part.erase_deliveries.push_back(item.event->position);
    }
    if (item.settles > batch.checkpoint) {
        part.checkpoint = item.settles;
        batch.checkpoint = item.settles;
    }
    for (const NewEvent& event : part.events) {
        only_buffered &= event.event->type().durability() == Durability::buffered;
    }
    part.durability = only_buffered ? Durability::buffered : Durability::committed;
    batch.parts.push_back(std::move(part));
    batch.attempts.push_back(std::move(attempted));
}

/// Puts what a step emitted into the part. Returns why the step failed, if it did: an event that
/// cannot be written is a failure of the step that emitted it.
std::optional<Failure> StepRunner::put_events(StepOutcome& outcome, Part& part) {
    try {
        for (const auto& event : outcome.effects.emitted) {
            if (event->type().durability() != Durability::transient) {
                part.events.push_back({.record = encode(*event), .event = event});
            }
        }
    } catch (const CodecError& error) {
        outcome.failure =
            Failure::poison(std::string{"what it emits cannot be written: "} + error.what());
        outcome.effects = {};
        part.events.clear();
    }
    return outcome.failure;
}

/// Puts the rest of what a step did into the part, and its state where the next step sees it.
void StepRunner::put_effects(StepEffects&& effects, Attempted& attempted, Part& part) {
    attempted.emitted = std::move(effects.emitted);
    part.redrives = std::move(effects.redrives);
    attempted.wrote_state = !effects.states.empty();
    for (auto& [key, json] : effects.states) {
        uncommitted_states_.insert_or_assign(key, json);
        if (json) {
            part.put_states.push_back({key, *json});
        } else {
            part.erase_states.push_back(key);
        }
    }
}

/// Puts a failed attempt into the part: deferred, or dead. Returns what on_given_up did, whose
/// events are in the part already.
StepEffects StepRunner::fail(DeliveryItem& item, Attempted& attempted, const StepInput* input,
                             Source& source, Part& part) {
    StepEffects effects;
    const Failure& failure = *attempted.failure;
    const Timestamp now = hub_.runtime().now();
    DeliveryRecord delivery = item.deferred.value_or(
        DeliveryRecord{.agent = agent_.name(), .position = item.event->position});
    const bool waits_again = failure.kind() == FailureKind::not_ready &&
                             !delivery.attempts.empty() &&
                             delivery.attempts.back().kind == FailureKind::not_ready;
    if (waits_again) {
        delivery.attempts.pop_back();
    }
    delivery.attempts.push_back({now, failure.kind(), failure.what()});
    delivery.failures += failure.kind() == FailureKind::not_ready ? 0U : 1U;
    const std::optional<Timestamp> next = agent_.settings().retry.next_attempt(
        failure, delivery.failures, now, hub_.runtime().random());
    if (next) {
        LIBBUS_FAULT_POINT("retry.write");
        delivery.state = DeliveryState::deferred;
        delivery.due = *next;
    } else {
        LIBBUS_FAULT_POINT("dead_letter.write");
        delivery.state = DeliveryState::dead;
        delivery.due = Timestamp{};
        if (input != nullptr) {
            StepOutcome outcome = run_given_up(agent_, *input, failure, source);
            const std::optional<Failure> failed = put_events(outcome, part);
            effects = std::move(outcome.effects);
            if (failed) {
                delivery.attempts.push_back(
                    {now, failed->kind(), std::string{"on_given_up failed: "} + failed->what()});
            }
        }
    }
    part.put_deliveries.push_back(delivery);
    attempted.delivery = std::move(delivery);
    return effects;
}

} // namespace bus
