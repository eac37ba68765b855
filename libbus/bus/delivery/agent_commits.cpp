#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>

#include <algorithm>
#include <utility>

/// What came of the parts of an agent.
namespace bus {

namespace {

/// What was emitted but for what the store had before: its handlers have been called then.
std::vector<std::shared_ptr<const DomainEvent>> new_events(const Attempted& attempted,
                                                           const PartResult& result) {
    std::vector<std::shared_ptr<const DomainEvent>> events;
    events.reserve(attempted.emitted.size());
    auto place = result.places.begin();
    for (const auto& event : attempted.emitted) {
        const bool kept = event->type().durability() != Durability::transient;
        if (!kept || !(place++)->duplicate) {
            events.push_back(event);
        }
    }
    return events;
}

} // namespace

void AgentRunner::on_part_done(Lane& lane, const Batch& batch, std::size_t index,
                               PartResult&& result) {
    const bool stored = !result.error;
    batch->results[index] = std::move(result);
    for (auto& told = batch->told;
         told < batch->attempts.size() && batch->attempts[told].part == index; ++told) {
        if (stored) {
            Attempted& attempted = batch->attempts[told];
            states_.committed(attempted.written);
            on_aftermath_({.emitted = new_events(attempted, batch->results[index]),
                           .changed = batch->results[index].changed,
                           .timers = std::move(attempted.timers),
                           .cancelled_timers = std::move(attempted.cancelled_timers)});
        }
    }
    if (--batch->open == 0) {
        // Observers may publish, and would wait for the writer on its own thread.
        lane.told->post(
            [self = shared_from_this(), &lane, batch] { self->finish_batch(lane, *batch); });
    }
}

void AgentRunner::finish_batch(Lane& lane, StepBatch& batch) {
    const WorkerScope worker{hub_.get()};
    remember_commits(lane, batch);
    for (const Attempted& attempted : batch.attempts) {
        if (attempted.done) {
            attempted.done(batch.results[attempted.part]);
        }
    }
    if (const auto sink = hub_->sink()) {
        report(batch, agent_->name(), *sink);
    }
    {
        std::unique_lock lock{mutex_};
        lane.outstanding -= batch.attempts.size();
        --open_batches_;
        if (!batch.alone) {
            wake_lanes(lock);
        }
        if (must_reload_ && !stopping_) {
            schedule_wake(lock);
        }
        stopped_.notify_all();
    }
    if (batch.alone) {
        leave_alone(lane);
        return;
    }
    hub_->note_change();
}

/// Takes what was committed into memory; where a part was refused, all is read again.
void AgentRunner::remember_commits(Lane& lane, StepBatch& batch) {
    const std::lock_guard lock{mutex_};
    for (const Attempted& attempted : batch.attempts) {
        if (const std::exception_ptr& error = batch.results[attempted.part].error) {
            note_refusal(lane, attempted, error);
            continue;
        }
        settled_.settle(attempted.settles);
        if (attempted.position == 0) {
            continue;
        }
        repeating_.erase(attempted.position);
        finished_ += attempted.delivery ? 0U : 1U;
        if (attempted.failure && attempted.failure->kind() != FailureKind::not_ready) {
            ++failures_;
        }
    }
}

/// With the lock held: a part was not stored.
void AgentRunner::note_refusal(Lane& lane, const Attempted& attempted,
                               const std::exception_ptr& error) {
    must_reload_ = true;
    const auto refuse = [&](Failure failure) {
        if (attempted.position != 0) {
            lane.refusals.push_back(
                {attempted.position, std::move(failure), attempted.failure.has_value()});
        }
    };
    try {
        std::rethrow_exception(error);
    } catch (const BrokenChain&) {
        // It fell with the one before it.
    } catch (const PartRefused& refused) {
        refuse(Failure::rejected(refused.what()));
    } catch (const StoreError& store_error) {
        note_trouble(store_error.what());
    } catch (const std::exception& refused) {
        refuse(Failure::transient(std::string{"its commit was refused: "} + refused.what()));
    }
}

void AgentRunner::finish_turn(Lane& lane) {
    {
        std::unique_lock lock{mutex_};
        lane.running = false;
        lane.counts = lane.held.counts();
        lane.next_due = lane.held.next_due();
        lane.has_ready = lane.held.has_ready();
        wake_lanes(lock);
        if (!stopping_) {
            schedule_wake(lock);
        }
        stopped_.notify_all();
    }
    hub_->note_change();
}

} // namespace bus
