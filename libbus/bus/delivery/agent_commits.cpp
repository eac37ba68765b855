#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>

#include <algorithm>
#include <utility>

/// How an agent takes the results of its parts.
namespace bus {

namespace {

/// Removes emitted events that the store already had: their handlers were called before.
void keep_new(std::vector<std::shared_ptr<const DomainEvent>>& emitted, const PartResult& result) {
    auto place = result.places.begin();
    std::erase_if(emitted, [&](const auto& event) {
        return event->type().durability() != Durability::transient && (place++)->duplicate;
    });
}

} // namespace

void AgentRunner::on_part_done(Lane& lane, const Batch& batch, std::size_t index,
                               PartResult&& result, Part&& spent) {
    const bool stored = !result.error;
    batch->results[index] = std::move(result);
    batch->spent.push_back(std::move(spent));
    for (auto& told = batch->told;
         told < batch->attempts.size() && batch->attempts[told].part == index; ++told) {
        if (stored) {
            Attempted& attempted = batch->attempts[told];
            keep_new(attempted.emitted, batch->results[index]);
            on_aftermath_({.emitted = attempted.emitted,
                           .changed = batch->results[index].changed,
                           .timers = attempted.timers,
                           .cancelled_timers = attempted.cancelled_timers});
        }
    }
    if (--batch->open == 0) {
        // Elsewhere, since observers may publish, and would wait for the writer on its own thread.
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
    if (auto sink = hub_->sink(); sink || went_wrong(batch)) {
        Teller teller{std::move(sink), *hub_->unheard()};
        report(batch, agent_->name(), warnings_, teller);
    }
    Lock lock{mutex_};
    lane.outstanding -= batch.attempts.size();
    --open_batches_;
    save_passed(lock);
    if (!batch.alone) {
        wake_lanes(lock);
    }
    if (must_reload_ && !stopping_) {
        schedule_wake(lock);
    }
    tell_end(std::move(lock));
    if (batch.alone) {
        leave_alone(lane);
    }
}

/// Releases the lock and tells waiting threads that something has ended. While the agent is still
/// at work, a waiting thread would not find what it waits for, so it is not woken.
void AgentRunner::tell_end(Lock&& held) {
    Lock lock{std::move(held)};
    stopped_.notify_all();
    const bool rests = quiet();
    tell_rest(lock);
    hub_->count_change();
    lock.unlock();
    if (rests || awaited_ != 0) {
        hub_->wake_waiters();
    }
}

/// Records in memory what was committed. If a part was refused, everything is read again.
void AgentRunner::remember_commits(Lane& lane, StepBatch& batch) {
    for (const Attempted& attempted : batch.attempts) {
        if (!attempted.written.empty() && !batch.results[attempted.part].error) {
            states_.committed(attempted.written);
        }
    }
    bool committed = false;
    const std::lock_guard lock{mutex_};
    for (const Attempted& attempted : batch.attempts) {
        if (const std::exception_ptr& error = batch.results[attempted.part].error) {
            note_refusal(lane, attempted, error);
            continue;
        }
        if (attempted.put_back) {
            put_back_ = true;
            must_reload_ = true;
        }
        settle(attempted.settles);
        if (attempted.command) {
            note_discarded(batch.results[attempted.part]);
        }
        if (attempted.position == 0) {
            continue;
        }
        if (attempted.delivery) {
            note_state(*attempted.delivery);
        } else if (attempted.attempted_again) {
            unfinished_.erase(attempted.position);
        }
        if (attempted.attempted_again) {
            end_repeat(attempted.position);
        }
        committed = true;
        finished_ += attempted.delivery ? 0U : 1U;
        if (attempted.failure && attempted.failure->kind() != FailureKind::not_ready) {
            ++failures_;
        }
    }
    if (committed) {
        last_commit_ = hub_->runtime().now();
    }
}

/// Records the new state of a delivery. The report that it is dead may come after the report that
/// it was redriven. Called with the lock held.
void AgentRunner::note_state(Position position, DeliveryState state, std::uint32_t redrives) {
    if (state != DeliveryState::dead) {
        std::uint32_t& known = unfinished_[position];
        known = std::max(known, redrives);
        return;
    }
    const auto found = unfinished_.find(position);
    if (found != unfinished_.end() && found->second <= redrives) {
        unfinished_.erase(found);
    }
}

/// Called with the lock held.
void AgentRunner::note_discarded(const PartResult& result) {
    for (const PartResult::Changed& changed : result.changed) {
        if (changed.action == DeliveryAction::discard) {
            unfinished_.erase(changed.delivery.position);
        }
    }
}

/// Called with the lock held.
void AgentRunner::settle(PositionRange range) {
    const bool was_replaying = replaying();
    settled_.settle(range);
    if (was_replaying && !replaying()) {
        for (const auto& lane : lanes_) {
            lane->has_ready = true; // so that it gets a turn and looks
        }
    }
}

/// Called with the lock held.
void AgentRunner::end_repeat(Position position) {
    const auto found = repeating_.find(position);
    if (found != repeating_.end() && --found->second == 0) {
        repeating_.erase(found);
    }
}

/// Writes the checkpoint for events that were passed, if no step will do it. So a replay ends even
/// if the agent handles none of its last events. The checkpoint does not stay far behind if the
/// agent handles few events, nor for long if it has no work. Called with the lock held.
void AgentRunner::save_passed(Lock& lock) {
    if ((replaying() && through_ >= replay_through_) ||
        through_ - settled_.checkpoint > unhandled_before_checkpoint) {
        save_checkpoint(lock, 0);
    }
    if (through_ > settled_.checkpoint && !rest_timer_ && !stopping_ && all_done(0)) {
        rest_timer_ = hub_->runtime().schedule(rest_before_checkpoint, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->on_rest();
            }
        });
    }
}

/// Writes the checkpoint of an agent without work. If it has work again, this writes nothing, and
/// save_passed() sets the timer anew once the work is done.
void AgentRunner::on_rest() {
    std::unique_lock lock{mutex_};
    if (!stopping_) {
        rest_timer_.reset();
        save_checkpoint(lock, 0);
    }
}

/// Whether a replay is under way. Until it is over, held-up deliveries wait, because they come
/// later in the log. Called with the lock held.
bool AgentRunner::replaying() const {
    return settled_.checkpoint < replay_through_;
}

/// Copies what other threads may know about the lane's held-up deliveries. Called with the lock
/// held, in the lane's turn.
void AgentRunner::show_held_up(Lane& lane) const {
    lane.counts = lane.held.counts();
    lane.next_due = replaying() ? std::nullopt : lane.held.next_due();
    lane.has_ready = !replaying() && lane.held.has_ready();
    lane.suspect_due = replaying() ? std::nullopt : lane.held.next_due_of(suspect_again_);
}

/// Called with the lock held when a part was not stored.
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
        // An earlier part was refused, and this one with it.
    } catch (const PartRefused& refused) {
        refuse(Failure::rejected(refused.what()));
    } catch (const StoreError& store_error) {
        note_trouble(store_error.what());
    } catch (const std::exception& refused) {
        refuse(Failure::transient(std::string{"its commit was refused: "} + refused.what()));
    }
}

void AgentRunner::finish_turn(Lane& lane) {
    Lock lock{mutex_};
    lane.running = false;
    show_held_up(lane);
    save_passed(lock);
    wake_lanes(lock);
    if (!stopping_) {
        schedule_wake(lock);
    }
    tell_end(std::move(lock));
}

} // namespace bus
