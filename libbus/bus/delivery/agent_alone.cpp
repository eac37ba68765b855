#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <utility>

/// Deliveries that were under way when the process died. Each runs alone, without any other step,
/// after a note of this was stored. If the process dies again and again while one runs alone, that
/// delivery is given up.
namespace bus {

namespace {

/// After this many deaths in a row, a delivery is quarantined.
constexpr std::uint32_t most_deaths = 3;

} // namespace

void AgentRunner::go_alone(Lane& lane) {
    house_.gate.enter_alone([self = shared_from_this(), &lane] {
        self->pool_.post([self, &lane] { self->note_alone(lane); });
    });
}

/// Called when no other step runs. Writes the note; the step runs when the note is in the store.
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

/// Releases the lock. When the note is in the store, or was refused, `then` is called on the
/// executor of the agent's steps.
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
            // It was noted but does not run. If the process ends now, that must not count as a
            // death, so take the note back.
            lone_ = 0;
            write_note(std::move(lock), lane, &AgentRunner::leave_alone);
            return;
        }
        batch->chain = chain_;
        deaths = lone_deaths_ - 1;
    }
    DeliveryItem item = *std::exchange(lane.lonely, std::nullopt);
    StepRunner::Order order; // held until the part is submitted
    // on_given_up and the key function are the agent's code too. If the process died in them last
    // time, they are not called again.
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
    submit(home, batch); // when it is committed, the other steps continue
}

/// Moves the turn to the lane of the item's sequence and returns that lane. No other lane had a
/// turn. `ask` says whether the key function may be called.
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
        return lane; // the step meets the same error again and reports it
    }
}

void AgentRunner::leave_alone(Lane& lane) {
    {
        const std::lock_guard lock{mutex_};
        if (lane.lonely && !lane.lonely->record) {
            lane.inbox.push_front(*std::exchange(lane.lonely, std::nullopt));
            ++with_lanes_;
        }
        lane.lonely.reset(); // one with a row is in the store, which is read again before going on
        lone_ = 0;
        lone_deaths_ = 0;
    }
    house_.gate.leave_alone();
    finish_turn(lane);
}

} // namespace bus
