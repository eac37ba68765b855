#include <bus/delivery/internal/readable_event.hpp>
#include <bus/delivery/step_runner.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/stand_in.hpp>
#include <bus/event/utf8.hpp>
#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/internal/saturating.hpp>

#include <algorithm>
#include <functional>

namespace bus {

/// Where a step reads from: first the writes of earlier steps that are not committed yet, then the
/// store.
class StepRunner::Source final : public StepSource {
public:
    Source(StepRunner& runner, bool only_state)
        : runner_{runner}, view_{runner.states_}, only_state_{only_state} {}

    [[nodiscard]] const internal::StateCache::View& view() const noexcept { return view_; }

    Timestamp now() override { return runner_.hub_.runtime().now(); }

    std::uint64_t random() override { return runner_.hub_.runtime().random(); }

    std::optional<std::string> state(std::string_view key) override {
        if (auto written = runner_.states_.find(key, view_)) {
            return *std::move(written);
        }
        return detail::state_text(runner_.store_, runner_.agent_.name(), key);
    }

    StatePage states(std::string_view prefix, const std::optional<std::string>& after) override {
        // Read the uncommitted states first: what is committed in between is then in the store.
        const internal::StateCache::States written = runner_.states_.find_all(prefix, view_);
        StatePage page = detail::page_of(runner_.store_, runner_.agent_.name(), prefix, after);
        detail::lay_over(page, written, prefix, after);
        return page;
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

    TimerHandle new_timer() override {
        // This timer will be dropped. It must not use a number, which another timer may get.
        return only_state_ ? TimerHandle{} : TimerHandle{++runner_.last_timer_};
    }

private:
    StepRunner& runner_;
    internal::StateCache::View view_;
    bool only_state_;
};

const std::string& StepRunner::sequence_of(DeliveryItem& item) {
    if (item.sequence) {
        return *item.sequence;
    }
    if (item.record) { // its line is kept under this name
        return item.sequence.emplace(item.record->sequence);
    }
    const Sequence& sequence = agent_.settings().sequence;
    if (sequence.kind == Sequence::Kind::none) {
        return item.sequence.emplace();
    }
    if (sequence.kind == Sequence::Kind::key) {
        std::optional<Failure> unreadable;
        if (const auto event = internal::readable_event(item, unreadable)) {
            try {
                return item.sequence.emplace('k' + valid_utf8(sequence.key_of(*event)));
            } catch (...) {
                hub_.teller().on_trouble("agent " + agent_.name() +
                                         ": the key of an event's sequence failed: " +
                                         Failure::from(std::current_exception()).what());
            }
        }
    }
    set_plain_sequence(item);
    return *item.sequence;
}

void StepRunner::set_plain_sequence(DeliveryItem& item) {
    if (item.record) {
        return;
    }
    const EventNames names = names_of(*item.event);
    // An event without an id is in no sequence: else one dead letter would hold up all of its type.
    item.sequence = names.aggregate_id.empty() ? std::string{} : names.aggregate();
}

StepRunner::Order StepRunner::attempt(DeliveryItem& item, StepBatch& batch) {
    for (;;) {
        Draft draft = begin(item, batch, true);
        if (run(item, draft)) {
            return finish(std::move(draft), batch);
        }
        // Another worker has written state that this step had read: run it again on the new state.
    }
}

StepRunner::Draft StepRunner::begin(DeliveryItem& item, const StepBatch& batch, bool read) {
    Draft draft;
    draft.part.agent = agent_.name();
    draft.part.chain = batch.chain;
    draft.attempted.position = item.event->position;
    draft.attempted.settles = item.settles;
    draft.attempted.attempted_again = item.record.has_value();
    if (!item.record) {
        draft.part.delivered = 1;
        draft.part.settled.push_back(item.settles);
    }
    std::optional<Failure>& failure = draft.attempted.failure;
    draft.attempted.event = read ? internal::readable_event(item, failure) : item.event->event;
    if (!draft.attempted.event) {
        draft.attempted.event = stand_in(item.event->record);
    }
    const DomainEvent& event = *draft.attempted.event;
    draft.handler = agent_.handler_for(event.type());
    if (draft.handler == nullptr && !failure) {
        failure = internal::no_handler(agent_.name(), event.event_type());
    }
    const auto attempts = item.record ? item.record->attempts.size() : 0;
    draft.input.emplace(StepInput{.event = event,
                                  .position = item.event->position,
                                  .attempt = static_cast<std::uint32_t>(attempts + 1),
                                  .redrives = item.record ? item.record->redrives : 0,
                                  .replay = only_state(item)});
    draft.attempted.attempt = draft.input->attempt;
    return draft;
}

/// Returns false if the step must run again.
bool StepRunner::run(DeliveryItem& item, Draft& draft) {
    const auto refused = refused_.find(item.event->position);
    if (refused != refused_.end()) {
        draft.attempted.failure = refused->second.failure;
        if (!fail(item, draft, !refused->second.was_failure)) {
            return false;
        }
        refused_.erase(refused);
        return true;
    }
    if (draft.attempted.failure) {
        return fail(item, draft, true);
    }
    Source source{*this, draft.input->replay};
    LIBBUS_FAULT_POINT_THROWS("step.before", StoreError{"step.before: made to fail"});
    StepOutcome outcome;
    const auto begun = hub_.time_if_watched();
    outcome.failure =
        run_step(agent_, *draft.handler, *draft.input, source, outcome.effects, hub_.around_steps);
    draft.attempted.duration = hub_.since(begun);
    LIBBUS_FAULT_POINT("step.after_handler");
    if (draft.input->replay) {
        keep_state_only(outcome.effects);
    }
    draft.attempted.failure = put_events(outcome, draft.part);
    if (draft.attempted.failure) {
        return fail(item, draft, true);
    }
    if (!put_effects(std::move(outcome.effects), source, draft)) {
        return false;
    }
    draft.part.finished = 1;
    if (item.record) {
        draft.part.erase_deliveries.push_back(item.event->position);
    }
    return true;
}

StepRunner::Order StepRunner::finish(Draft&& draft, StepBatch& batch) {
    const bool buffered =
        draft.attempted.event &&
        draft.attempted.event->type().durability() == Durability::buffered &&
        std::all_of(draft.part.events.begin(), draft.part.events.end(), [](const NewEvent& event) {
            return event.event->type().durability() == Durability::buffered;
        });
    // If a step leaves nothing in the store, a power cut can only lose the fact that it ran. Then
    // it runs again, as any step may.
    draft.part.durability =
        buffered || only_settles(draft.part) ? Durability::buffered : Durability::committed;
    if (!batch.parts.empty() && join(batch.parts.back(), draft.part)) {
        draft.attempted.part = batch.parts.size() - 1;
    } else {
        draft.attempted.part = batch.parts.size();
        batch.parts.push_back(std::move(draft.part));
    }
    batch.attempts.push_back(std::move(draft.attempted));
    return std::move(draft.order);
}

/// Drops all effects but state: the others took place when the event was handled the first time.
void StepRunner::keep_state_only(StepEffects& effects) {
    effects.emitted.clear();
    effects.commands.clear();
    effects.timers.clear();
    effects.cancelled.clear();
}

/// Puts what a step emitted into the part. Returns the failure of the step, if it failed. If an
/// event cannot be written, the step that emitted it fails.
std::optional<Failure> StepRunner::put_events(StepOutcome& outcome, Part& part) {
    try {
        for (const auto& event : outcome.effects.emitted) {
            if (event->type().durability() != Durability::transient) {
                part.events.push_back({.record = encode(*event), .event = event});
            }
        }
        for (const TimerRequest& timer : outcome.effects.timers) {
            part.put_timers.push_back(
                {.number = timer.handle.number, .event = encode(*timer.event)});
        }
    } catch (const CodecError& error) {
        outcome.failure =
            Failure::poison(std::string{"what it emits cannot be written: "} + error.what());
        outcome.effects = {};
        part.events.clear();
        part.put_timers.clear();
    }
    return outcome.failure;
}

/// Puts the other effects of a step into the part, and its state into the cache, which the next
/// step reads. Returns false if another worker has written state that the step had read.
bool StepRunner::put_effects(StepEffects&& effects, Source& source, Draft& draft) {
    if (!effects.states.empty() || agent_.settings().workers > 1) {
        draft.order = states_.order();
        if (!states_.write(effects.states, source.view(), draft.attempted.written)) {
            return false;
        }
    }
    Part& part = draft.part;
    draft.attempted.emitted = std::move(effects.emitted);
    for (auto& [key, json] : effects.states) {
        if (json) {
            part.put_states.push_back({key, std::move(*json)});
        } else {
            part.erase_states.push_back(key);
        }
    }
    if (!effects.commands.empty()) {
        part.commands = std::move(effects.commands);
        part.commanded_at = hub_.runtime().now();
    }
    if (!part.put_timers.empty()) {
        const ClockReading now = hub_.runtime().read_clocks();
        for (std::size_t i = 0; i < part.put_timers.size(); ++i) {
            const SteadyTime due = internal::later(now.steady, effects.timers[i].delay);
            part.put_timers[i].agent = agent_.name();
            part.put_timers[i].due = now.wall_of(due);
            part.put_timers[i].scheduled_at = now.wall;
            draft.attempted.timers.push_back({part.put_timers[i], due});
        }
    }
    for (const TimerHandle timer : effects.cancelled) {
        part.erase_timers.push_back(timer.number);
    }
    draft.attempted.cancelled_timers = part.erase_timers;
    return true;
}

/// Puts a failed attempt into the part: the delivery becomes deferred or dead. If it is dead and
/// `may_tell` is true, on_given_up runs, and its effects go into the part. Returns false if the
/// step must run again.
bool StepRunner::fail(DeliveryItem& item, Draft& draft, bool may_tell) {
    const Failure& failure = *draft.attempted.failure;
    const ClockReading clocks = hub_.runtime().read_clocks();
    const Timestamp now = clocks.wall;
    DeliveryRecord delivery = item.record.value_or(
        DeliveryRecord{.agent = agent_.name(), .position = item.event->position});
    delivery.sequence = sequence_of(item);
    delivery.only_state = only_state(item);
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
    delivery.state = next ? DeliveryState::deferred : DeliveryState::dead;
    delivery.due = next.value_or(Timestamp{});
    draft.attempted.next = {.due = clocks.steady_of(delivery.due),
                            .by_wall_clock = failure.waits_for_wall_clock()};
    if (next) {
        LIBBUS_FAULT_POINT("retry.write");
    }
    if (!next) {
        LIBBUS_FAULT_POINT("dead_letter.write");
    }
    if (!next && may_tell && draft.handler != nullptr && !give_up(item, draft, delivery)) {
        return false;
    }
    draft.part.put_deliveries.push_back(delivery);
    draft.attempted.delivery = std::move(delivery);
    return true;
}

/// Runs on_given_up, and puts its effects into the part. Returns false if it must run again.
bool StepRunner::give_up(DeliveryItem& /*item*/, Draft& draft, DeliveryRecord& delivery) {
    Source source{*this, draft.input->replay};
    StepOutcome outcome =
        run_given_up(agent_, *draft.input, *draft.attempted.failure, source, hub_.around_steps);
    if (draft.input->replay) {
        keep_state_only(outcome.effects);
    }
    if (const std::optional<Failure> failed = put_events(outcome, draft.part)) {
        delivery.attempts.push_back({hub_.runtime().now(), failed->kind(),
                                     std::string{"on_given_up failed: "} + failed->what()});
        return true;
    }
    return put_effects(std::move(outcome.effects), source, draft);
}

void StepRunner::park(DeliveryItem& item, StepBatch& batch, Position waits_for) {
    LIBBUS_FAULT_POINT("park.write");
    Draft draft;
    draft.part.agent = agent_.name();
    draft.part.chain = batch.chain;
    draft.part.delivered = 1;
    draft.part.settled.push_back(item.settles);
    draft.part.put_deliveries.push_back({.agent = agent_.name(),
                                         .position = item.event->position,
                                         .state = DeliveryState::parked,
                                         .sequence = sequence_of(item),
                                         .only_state = only_state(item)});
    draft.attempted.position = item.event->position;
    draft.attempted.settles = item.settles;
    draft.attempted.delivery = draft.part.put_deliveries.front();
    if (waits_for != 0 && hub_.sink()) {
        std::optional<Failure> unreadable;
        draft.attempted.event = internal::readable_event(item, unreadable);
        if (!draft.attempted.event) {
            draft.attempted.event = stand_in(item.event->record);
        }
        draft.attempted.waits_for = waits_for;
    }
    finish(std::move(draft), batch);
}

StepRunner::Order StepRunner::quarantine(DeliveryItem& item, StepBatch& batch, std::uint32_t deaths,
                                         bool tell) {
    for (;;) {
        Draft draft = begin(item, batch, tell);
        draft.attempted.failure = Failure::poison(
            "quarantined: the process died " + std::to_string(deaths) +
            " times in a row while agent " + agent_.name() + " alone handled this event, of type " +
            std::string{names_of(*item.event).event_type} +
            "; find out why, then redrive or discard it");
        if (!tell && !item.event->event) {
            draft.attempted.failure =
                draft.attempted.failure->of_unread({item.event, &item.event->record});
        }
        if (!fail(item, draft, tell)) {
            continue;
        }
        draft.part.put_deliveries.back().quarantined = true;
        draft.attempted.delivery->quarantined = true;
        return finish(std::move(draft), batch);
    }
}

} // namespace bus
