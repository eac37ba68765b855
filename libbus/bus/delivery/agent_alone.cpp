#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <utility>

/// Deliveries that were under way when the process died. Each runs with no other step beside it,
/// and with a note in the store that it does; one of which the process dies again and again is
/// given up.
namespace bus {

namespace {

/// Deaths in a row after which a delivery is quarantined.
constexpr std::uint32_t most_deaths = 3;

} // namespace

void AgentRunner::go_alone(Lane& lane) {
    house_.gate.enter_alone([self = shared_from_this(), &lane] {
        self->pool_.post([self, &lane] { self->note_alone(lane); });
    });
}

/// Nobody else runs. First the note; the step comes when it is in the store.
void AgentRunner::note_alone(Lane& lane) {
    LIBBUS_FAULT_POINT("note.alone");
    Lock lock{mutex_};
    if (stopping_ || must_reload_) {
        lock.unlock();
        leave_alone(lane);
        return;
    }
    lone_ = lane.lonely->event->position;
    const bool again = suspects_.alone != 0 && suspects_.repeated.front() == lone_;
    lone_deaths_ = (again ? suspects_.alone : 0) + 1;
    write_note(std::move(lock), lane, &AgentRunner::run_alone);
}

/// Lets the lock go; `then` is called where steps run when the note is in the store, or refused.
void AgentRunner::write_note(Lock&& held, Lane& lane, void (AgentRunner::*then)(Lane&)) {
    Lock lock{std::move(held)};
    Part part;
    part.agent = agent_->name();
    part.durability = Durability::buffered;
    part.begun = make_note(lock);
    part.chain = chain_;
    ++open_batches_;
    lock.unlock();
    house_.writer.submit(std::move(part),
                         [self = shared_from_this(), &lane, then](PartResult&& result, Part&&) {
                             {
                                 const std::lock_guard guard{self->mutex_};
                                 --self->open_batches_;
                                 if (result.error) {
                                     self->refuse_note(result.error);
                                 }
                             }
                             self->pool_.post([self, &lane, then] { ((*self).*then)(lane); });
                         });
}

void AgentRunner::run_alone(Lane& lane) {
    const auto batch = std::make_shared<StepBatch>();
    batch->alone = true;
    std::uint32_t deaths = 0;
    {
        Lock lock{mutex_};
        if (stopping_ || must_reload_) {
            // It was noted and does not run: the end of the process is no death of it.
            lone_ = 0;
            write_note(std::move(lock), lane, &AgentRunner::leave_alone);
            return;
        }
        batch->chain = chain_;
        deaths = lone_deaths_ - 1;
    }
    DeliveryItem item = *std::exchange(lane.lonely, std::nullopt);
    StepRunner::Order order; // until the part is with the writer
    // on_given_up and the key function are the agent's code too: where they were the last to run,
    // they are not called again.
    const bool ask = deaths <= most_deaths;
    Lane& home = move_home(lane, item, ask);
    {
        const WorkerScope worker{hub_.get()};
        try {
            if (deaths < most_deaths) {
                order = handle(home, item, *batch);
            } else {
                order = home.steps.quarantine(item, *batch, most_deaths, ask);
                remember_step(home, item, batch->attempts.back());
            }
        } catch (const std::exception& error) {
            give_up_turn(*batch, error);
        }
    }
    {
        std::unique_lock lock{mutex_};
        suspect_again_.erase(lone_);
        if (suspects_.alone != 0 && suspects_.repeated.front() == lone_) {
            suspects_.alone = 0;
        }
        lone_ = 0;
        lone_deaths_ = 0;
        note_is_old_ = true;
    }
    if (batch->parts.empty()) {
        leave_alone(home);
        return;
    }
    submit(home, batch); // where it is committed, the others go on
}

/// The lane of the item's sequence, which has the turn from here on: no other lane had one. `ask`:
/// the key function may be called.
AgentRunner::Lane& AgentRunner::move_home(Lane& lane, DeliveryItem& item, bool ask) {
    const WorkerScope worker{hub_.get()};
    try {
        if (!ask && agent_->settings().sequence.kind == Sequence::Kind::key) {
            StepRunner::set_plain_sequence(item);
        }
        Lane& home = lane_of(item);
        if (&home != &lane) {
            const std::lock_guard lock{mutex_};
            lane.running = false;
            home.running = true;
        }
        return home;
    } catch (const std::exception&) {
        return lane; // its step asks again, and tells what it meets
    }
}

void AgentRunner::leave_alone(Lane& lane) {
    {
        const std::lock_guard lock{mutex_};
        if (lane.lonely && !lane.lonely->record) {
            lane.inbox.push_front(*std::exchange(lane.lonely, std::nullopt));
            ++with_lanes_;
        }
        lane.lonely.reset(); // one with a row is in the store; where we go on, all is read again
        lone_ = 0;
        lone_deaths_ = 0;
    }
    house_.gate.leave_alone();
    finish_turn(lane);
}

} // namespace bus
