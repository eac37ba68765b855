#include <bus/delivery/step_batch.hpp>

#include <algorithm>
#include <string>

namespace bus {

bool only_settles(const Part& part) {
    return part.delivered != 0 && part.delivered == part.finished && part.events.empty() &&
           part.put_deliveries.empty() && part.erase_deliveries.empty() &&
           part.put_states.empty() && part.erase_states.empty() && part.put_timers.empty() &&
           part.erase_timers.empty() && part.commands.empty() && !part.begun;
}

bool join(Part& before, const Part& next) {
    if (before.chain != next.chain || !only_settles(next) || !only_settles(before)) {
        return false;
    }
    PositionRange& last = before.settled.back();
    if (last.last + 1 == next.settled.front().first) {
        last.last = next.settled.front().last;
    } else {
        before.settled.push_back(next.settled.front());
    }
    before.delivered += next.delivered;
    before.finished += next.finished;
    if (next.durability == Durability::committed) {
        before.durability = Durability::committed;
    }
    return true;
}

std::string EventNames::aggregate() const {
    std::string text;
    text.reserve(aggregate_type.size() + 1 + aggregate_id.size());
    return text.append(aggregate_type).append(1, '/').append(aggregate_id);
}

EventNames names_of(const StoredEvent& stored) {
    if (stored.event) {
        const DomainEvent& event = *stored.event;
        return {event.event_type(), event.aggregate_type(), event.aggregate_id()};
    }
    const EventRecord& record = stored.record;
    return {record.event_type, record.aggregate_type, record.aggregate_id};
}

namespace {

void report_failure(const Attempted& attempted, std::string_view agent,
                    internal::EventWarnings& warnings, ObserverSink& sink) {
    const DomainEvent& event = *attempted.event;
    const Failure& failure = *attempted.failure;
    if (failure.kind() == FailureKind::not_ready) {
        if (failure.unread() != nullptr) {
            warnings.newer(*failure.unread(), event.event_version(), sink);
        }
        sink.on_not_ready(event, agent, failure);
        return;
    }
    sink.on_failed(event, agent, failure);
    if (!attempted.delivery || attempted.delivery->state != DeliveryState::dead) {
        return;
    }
    if (failure.unread() != nullptr) {
        sink.on_trouble("agent " + std::string{agent} + " gave up on event " +
                        std::to_string(attempted.position) + ", " +
                        std::string{event.event_type()} + " of " +
                        std::string{event.aggregate_type()} + "/" +
                        std::string{event.aggregate_id()} + ": " + failure.what());
    }
    sink.on_dead_lettered(event, agent, failure);
}

} // namespace

bool went_wrong(const StepBatch& batch) {
    return std::any_of(batch.attempts.begin(), batch.attempts.end(), [&](const Attempted& attempt) {
        return attempt.failure || batch.results[attempt.part].error;
    });
}

void report(const StepBatch& batch, std::string_view agent, internal::EventWarnings& warnings,
            ObserverSink& sink) {
    for (std::size_t i = 0; i < batch.attempts.size(); ++i) {
        const Attempted& attempted = batch.attempts[i];
        if (const std::exception_ptr& error = batch.results[attempted.part].error) {
            if (is_store_lost(error)) {
                return; // the code that found it has reported it once
            }
            if (!attempted.command) {
                sink.on_trouble("agent " + std::string{agent} + ": " + Failure::from(error).what());
                break;
            }
            continue;
        }
        if (!attempted.event) {
            continue;
        }
        if (attempted.waits_for != 0) {
            sink.on_parked(*attempted.event, agent, attempted.waits_for);
            continue;
        }
        if (!attempted.failure) {
            sink.on_finished(
                *attempted.event,
                {.by = agent, .duration = attempted.duration, .attempt = attempted.attempt});
            continue;
        }
        report_failure(attempted, agent, warnings, sink);
    }
}

} // namespace bus
