#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/turn_clock.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <utility>

/// What a lane of an agent does in its turn.
namespace bus {

namespace {

/// A turn ends after this many steps, or earlier by the clock if they are slow.
constexpr std::size_t steps_of_a_turn = 384;
/// The most steps of a lane that may be on their way to the store. If the disk does not keep up,
/// the lane waits.
constexpr std::size_t most_outstanding = 2048;

} // namespace

void AgentRunner::wake() {
    std::unique_lock lock{mutex_};
    wake_lanes(lock);
    if (must_reload_ && !starting_ && !stopping_) {
        schedule_wake(lock); // the timer may have fired before the pause was over
    }
}

/// Posts a turn of each lane that has something to do and no turn yet.
void AgentRunner::wake_lanes(Lock& /*lock*/) {
    if (starting_ || stopping_ || (must_reload_ && hub_->runtime().steady_now() < paused_until_)) {
        return;
    }
    const bool one_only = one_turn_only();
    if (one_only && turns_under_way() != 0) {
        return;
    }
    bool feeding = must_reload_ ? open_batches_ == 0 && !reading_ahead_ : needs_feeding();
    for (const auto& lane : lanes_) {
        if (lane->running || lane->outstanding >= most_outstanding) {
            continue;
        }
        // A lane in its turn feeds the others too. If only feeding is needed, one more turn is
        // enough.
        if (feeding || (!must_reload_ && has_work(*lane))) {
            feeding = false;
            post_turn(*lane);
            if (one_only) {
                return;
            }
        }
    }
}

/// Whether only one lane at a time may have a turn. Called with the lock held.
bool AgentRunner::one_turn_only() const {
    // After each restart, suspects must run in the order of the log. Otherwise a different one
    // could run each time, and no delivery would be found to kill the process again and again.
    return must_reload_ || !first_noted_ || suspects_left();
}

/// Whether there are suspects that can run now. A suspect that waits for its time, or for a dead
/// delivery, delays no other delivery. Called with the lock held.
bool AgentRunner::suspects_left() const {
    if (settled_.checkpoint < suspects_.range.last) {
        return true;
    }
    const auto has_one = [now = hub_->runtime().steady_now()](const auto& lane) {
        return lane->suspect_due && *lane->suspect_due <= now;
    };
    return !suspect_again_.empty() && std::any_of(lanes_.begin(), lanes_.end(), has_one);
}

/// Whether the lane has a turn already, or gets one only when something else ends. Called with the
/// lock held.
bool AgentRunner::held_back(const Lane& lane) const {
    return lane.running || lane.outstanding >= most_outstanding ||
           (one_turn_only() && turns_under_way() != 0);
}

/// Called with the lock held.
void AgentRunner::post_turn(Lane& lane) {
    lane.running = true;
    post_turn_again(lane);
}

void AgentRunner::post_turn_again(Lane& lane) {
    pool_.post([self = shared_from_this(), &lane] { self->turn(lane); });
}

/// Called with the lock held.
bool AgentRunner::has_work(const Lane& lane) const {
    return !lane.inbox.empty() || !lane.orders.empty() || lane.has_ready ||
           (lane.next_due && *lane.next_due <= hub_->runtime().steady_now());
}

/// Whether the log or the mailbox has something to give to a lane. Called with the lock held.
bool AgentRunner::needs_feeding() const {
    if (!mailbox_.empty()) {
        return !feeding_ && with_lanes_ < most_given * lanes_.size();
    }
    return !feeding_ && may_read();
}

void AgentRunner::turn(Lane& lane) {
    if (!house_.gate.enter([self = shared_from_this(), &lane] { self->post_turn_again(lane); })) {
        return;
    }
    auto batch = std::make_shared<StepBatch>();
    bool noting = false;
    {
        const WorkerScope worker{hub_.get()};
        try {
            if (prepare(lane)) {
                run_orders(lane, *batch);
                noting = must_note(lane);
                if (!noting) {
                    run_steps(lane, batch);
                }
            }
        } catch (const std::exception& error) {
            give_up_turn(*batch, error);
        }
    }
    house_.gate.leave();
    submit(lane, batch);
    if (noting) {
        note(lane);
    } else if (lane.lonely) {
        go_alone(lane);
    } else {
        finish_turn(lane);
    }
}

/// Returns false if there is nothing to do in this turn.
bool AgentRunner::prepare(Lane& /*lane*/) {
    bool load = false;
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            return false;
        }
        if (must_reload_) {
            if (turns_under_way() > 1 || open_batches_ != 0 || reading_ahead_) {
                return false; // the last of these to end makes the agent begin again
            }
            load = true;
        }
    }
    if (load) {
        reload();
    }
    feed();
    return true;
}

void AgentRunner::run_orders(Lane& lane, StepBatch& batch) {
    {
        const std::lock_guard lock{mutex_};
        batch.chain = chain_;
    }
    for (Order& order : take_orders(lane)) {
        carry_out(lane, order, batch);
    }
}

void AgentRunner::run_steps(Lane& lane, Batch& batch) {
    internal::TurnClock clock{hub_->runtime()};
    for (std::size_t steps = 0; steps < steps_of_a_turn && !stopping() && !clock.is_over();
         ++steps) {
        std::optional<DeliveryItem> item = next_item(lane);
        if (!item) {
            return;
        }
        if (item->suspect) {
            lane.lonely = std::move(item);
            return;
        }
        if (const StepRunner::Order order = handle(lane, *item, *batch)) {
            submit(lane, batch);
            batch = new_batch(*batch);
        }
    }
}

AgentRunner::Batch AgentRunner::new_batch(const StepBatch& before) {
    auto batch = std::make_shared<StepBatch>();
    batch->chain = before.chain;
    return batch;
}

std::vector<AgentRunner::Order> AgentRunner::take_orders(Lane& lane) {
    const std::lock_guard lock{mutex_};
    return std::exchange(lane.orders, {});
}

std::optional<DeliveryItem> AgentRunner::next_item(Lane& lane) {
    while (!lane.repeats.empty()) {
        const Position position = lane.repeats.front();
        std::optional<DeliveryRecord> record = lane.held.take(position);
        lane.repeats.pop_front();
        if (!record) { // it was discarded meanwhile
            const std::lock_guard lock{mutex_};
            end_repeat(position);
            continue;
        }
        LIBBUS_FAULT_POINT("retry.due");
        record->agent = agent_->name();
        DeliveryItem item{.event = read_event(position), .record = std::move(record)};
        const std::lock_guard lock{mutex_};
        item.suspect = suspected(item);
        return item;
    }
    const std::lock_guard lock{mutex_};
    if (lane.inbox.empty()) {
        return std::nullopt;
    }
    DeliveryItem item = std::move(lane.inbox.front());
    lane.inbox.pop_front();
    --with_lanes_;
    return item;
}

/// Runs a step, or parks the delivery behind others of its sequence.
StepRunner::Order AgentRunner::handle(Lane& lane, DeliveryItem& item, StepBatch& batch) {
    if (!item.record && !lane.held.empty() &&
        lane.held.holds(lane.steps.sequence_of(item), item.event->position)) {
        const Position waits_for = lane.held.park(
            lane.steps.sequence_of(item), item.event->position, lane.steps.only_state(item));
        lane.steps.park(item, batch, waits_for);
        return {};
    }
    StepRunner::Order order = lane.steps.attempt(item, batch);
    remember_step(lane, item, batch.attempts.back());
    return order;
}

void AgentRunner::remember_step(Lane& lane, const DeliveryItem& item, const Attempted& attempted) {
    if (attempted.delivery) {
        lane.held.hold(*attempted.delivery, attempted.next);
    } else if (item.record) {
        lane.held.settle(item.event->position, item.record->sequence);
    }
}

void AgentRunner::carry_out(Lane& lane, Order& order, StepBatch& batch) {
    switch (order.kind) {
    case Order::Kind::changed:
        if (order.changed.action == DeliveryAction::redrive) {
            lane.held.redrive(order.changed.delivery, hub_->runtime().read_clocks());
        } else if (order.changed.action == DeliveryAction::retry) {
            lane.held.retry(order.changed.delivery, hub_->runtime().steady_now());
        }
        return;
    case Order::Kind::retry:
        lane.held.make_due(order.position, hub_->runtime().steady_now());
        return;
    case Order::Kind::clock_set: lane.held.set_clock(hub_->runtime().read_clocks()); return;
    case Order::Kind::command: break;
    case Order::Kind::replay: put_back(order, batch); return;
    }
    Part part;
    part.agent = agent_->name();
    part.chain = batch.chain;
    part.commanded_at = hub_->runtime().now();
    part.commands.push_back(order.command);
    if (order.command.action == DeliveryAction::discard) {
        // No attempt of it is under way: this lane has submitted all of its attempts before.
        if (const auto held = lane.held.find(order.command.position)) {
            lane.held.settle(order.command.position, held->second);
        }
    } else if (order.command.action == DeliveryAction::retry) {
        // Its next attempt is committed after this part, which finds the delivery still deferred.
        lane.held.make_due(order.command.position, hub_->runtime().steady_now());
    }
    batch.parts.push_back(std::move(part));
    batch.attempts.push_back(
        {.part = batch.parts.size() - 1, .command = true, .done = std::move(order.done)});
}

/// Adds the part of a replay. All later parts of the agent that are under way will be refused, and
/// the agent begins again once this part is stored.
void AgentRunner::put_back(Order& order, StepBatch& batch) {
    Part part;
    part.agent = agent_->name();
    part.chain = batch.chain;
    part.replay = order.replay;
    part.answers.push_back(std::move(order.answer));
    batch.parts.push_back(std::move(part));
    batch.attempts.push_back({.part = batch.parts.size() - 1,
                              .command = true,
                              .put_back = true,
                              .done = std::move(order.done)});
}

void AgentRunner::submit(Lane& lane, const Batch& batch) {
    if (batch->parts.empty()) {
        return;
    }
    {
        std::unique_lock lock{mutex_};
        // A replay begins without a note: what was under way is dropped.
        if (note_is_old_ && !batch->parts.front().begun && !batch->parts.front().replay) {
            batch->parts.front().begun = make_note(lock);
        }
        lane.outstanding += batch->attempts.size();
        ++open_batches_;
    }
    LIBBUS_FAULT_POINT("step.before_submit");
    batch->open = batch->parts.size();
    batch->results.resize(batch->parts.size());
    batch->spent.reserve(batch->parts.size());
    house_.writer.submit(
        std::move(batch->parts), [self = shared_from_this(), &lane,
                                  batch](std::size_t index, PartResult&& result, Part&& spent) {
            self->on_part_done(lane, batch, index, std::move(result), std::move(spent));
        });
}

bool AgentRunner::stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

/// Called if reading the store failed: drops the work of this turn that is not submitted. The agent
/// begins again at the progress in the store.
void AgentRunner::give_up_turn(StepBatch& batch, const std::exception& error) {
    if (!is_store_lost(std::current_exception())) {
        hub_->teller().on_trouble("agent " + agent_->name() + ": " + error.what());
    }
    for (Attempted& attempted : batch.attempts) {
        if (attempted.done) {
            attempted.done({.error = std::current_exception()});
        }
    }
    batch.parts.clear();
    batch.attempts.clear();
    const std::lock_guard lock{mutex_};
    note_trouble(error.what());
}

} // namespace bus
