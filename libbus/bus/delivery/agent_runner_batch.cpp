#include <bus/delivery/agent_runner.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <iterator>

/// One batch of an agent's work: what it takes, how its steps run, and what came of their parts.
/// The rest of AgentRunner is in agent_runner.cpp.
namespace bus {

namespace {

constexpr std::size_t page_size = 1000;
constexpr std::size_t batch_size = 128;
/// Events that the agent does not handle, passed before the checkpoint is written for them alone.
constexpr Position unhandled_before_checkpoint = 4096;

} // namespace

void AgentRunner::run() {
    const WorkerScope worker{hub_.get()};
    auto batch = std::make_shared<StepBatch>();
    try {
        bool reload_first = false;
        {
            const std::lock_guard lock{mutex_};
            reload_first = must_reload_;
        }
        if (reload_first) {
            reload();
        }
        std::vector<DeliveryItem> items = take_items();
        batch->checkpoint = checkpoint_;
        run_steps(items, *batch);
    } catch (const std::exception& error) {
        // Reading the store failed: nothing was committed, so begin again where the store stands.
        if (const auto sink = hub_->sink()) {
            sink->on_trouble("agent " + agent_->name() + ": " + error.what());
        }
        batch->parts.clear();
        batch->attempts.clear();
        const std::lock_guard lock{mutex_};
        must_reload_ = true;
        trouble_ = error.what();
    }
    if (batch->parts.empty()) {
        finish_batch(*batch);
        return;
    }
    LIBBUS_FAULT_POINT("step.before_submit");
    batch->open = batch->parts.size();
    batch->results.resize(batch->parts.size());
    writer_.submit(std::move(batch->parts),
                   [self = shared_from_this(), batch](std::size_t index, PartResult&& result) {
                       self->on_part_done(batch, index, std::move(result));
                   });
}

/// Runs the steps, until the agent is to stop, or up to one after which the batch must end: a step
/// that is not the first attempt moves no checkpoint, so that nothing would keep a later part from
/// being stored with what it read of this one's state where this one is refused.
void AgentRunner::run_steps(std::vector<DeliveryItem>& items, StepBatch& batch) {
    for (auto item = items.begin(); item != items.end(); ++item) {
        if (stopping()) {
            put_back(item, items.end());
            return;
        }
        const bool again = item->deferred.has_value();
        steps_.attempt(*item, batch);
        if (again && batch.attempts.back().wrote_state) {
            put_back(item + 1, items.end());
            return;
        }
    }
}

bool AgentRunner::stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

void AgentRunner::put_back(Items::iterator first, Items::iterator last) {
    const std::lock_guard lock{mutex_};
    while (first != last) {
        --last;
        if (last->deferred) {
            deferred_.insert_or_assign(last->event->position, std::move(*last->deferred));
        } else {
            mailbox_.push_front(std::move(last->event));
        }
    }
}

std::vector<DeliveryItem> AgentRunner::take_items() {
    std::vector<DeliveryItem> items;
    while (!take_due(items) && read_page()) {
    }
    const std::lock_guard lock{mutex_};
    while (items.size() < batch_size && !mailbox_.empty() && !stopping_) {
        Writer::Event event = std::move(mailbox_.front());
        mailbox_.pop_front();
        const Position position = event->position;
        const Position settles = mailbox_.empty() ? through_ : position;
        items.push_back({.event = std::move(event), .deferred = std::nullopt, .settles = settles});
    }
    return items;
}

/// Takes the deferred deliveries that are due. True: there is something to do now, so that no page
/// needs to be read first.
bool AgentRunner::take_due(std::vector<DeliveryItem>& items) {
    std::vector<DeliveryRecord> due;
    bool has_mail = false;
    {
        const std::lock_guard lock{mutex_};
        const Timestamp now = hub_->runtime().now();
        for (auto entry = deferred_.begin();
             entry != deferred_.end() && items.size() + due.size() < batch_size && !stopping_;) {
            if (entry->second.due <= now) {
                due.push_back(std::move(entry->second));
                entry = deferred_.erase(entry);
            } else {
                ++entry;
            }
        }
        has_mail = !mailbox_.empty() || stopping_;
    }
    for (DeliveryRecord& delivery : due) {
        LIBBUS_FAULT_POINT("retry.due");
        std::vector<StoredEvent> found = store_.read(delivery.position - 1, 1);
        if (found.empty() || found.front().position != delivery.position) {
            throw StoreError{store_.description() + ": event " + std::to_string(delivery.position) +
                             ", which agent " + agent_->name() +
                             " has deferred, is not there; verify the store"};
        }
        items.push_back({.event = std::make_shared<const StoredEvent>(std::move(found.front())),
                         .deferred = std::move(delivery)});
    }
    return has_mail || !items.empty();
}

/// Reads what is in the log behind through_ into the mailbox. False: there was nothing to read.
bool AgentRunner::read_page() {
    Position after = 0;
    Position end = 0;
    {
        const std::lock_guard lock{mutex_};
        if (live_ || stopping_) {
            return false;
        }
        after = through_;
        end = log_end_;
    }
    std::vector<StoredEvent> page = store_.read(after, page_size);
    std::unique_lock lock{mutex_};
    for (StoredEvent& event : page) {
        through_ = event.position;
        if (handles(event)) {
            mailbox_.push_back(std::make_shared<const StoredEvent>(std::move(event)));
        }
    }
    if (page.size() < page_size) {
        through_ =
            std::max(through_, end); // the log was read to its end, whatever was pruned there
    }
    live_ = through_ >= log_end_;
    if (mailbox_.empty() && through_ - checkpoint_ > unhandled_before_checkpoint) {
        save_checkpoint(lock);
    }
    return !page.empty();
}

void AgentRunner::on_part_done(const std::shared_ptr<StepBatch>& batch, std::size_t index,
                               PartResult&& result) {
    const bool stored = !result.error;
    batch->results[index] = std::move(result);
    if (stored) {
        on_aftermath_({.emitted = batch->attempts[index].emitted,
                       .redriven = std::move(batch->results[index].redriven)});
    }
    if (--batch->open == 0) {
        // Observers may publish, and would wait for the writer on its own thread.
        hub_->runtime().pool().post(
            [self = shared_from_this(), batch] { self->finish_batch(*batch); });
    }
}

void AgentRunner::finish_batch(StepBatch& batch) {
    remember(batch);
    if (const auto sink = hub_->sink()) {
        report(batch, agent_->name(), *sink);
    }
    bool more = false;
    {
        std::unique_lock lock{mutex_};
        running_ = false;
        const bool paused = must_reload_ && !trouble_.empty();
        more = !stopping_ && !paused &&
               (!mailbox_.empty() || must_reload_ || (!live_ && through_ < log_end_));
        if (!more && !stopping_) {
            schedule_wake(lock);
        }
        stopped_.notify_all();
    }
    if (more) {
        wake();
    }
    hub_->note_change();
}

/// Takes what was committed into memory; where a part was refused, all is read again.
void AgentRunner::remember(StepBatch& batch) {
    const std::lock_guard lock{mutex_};
    steps_.forget_uncommitted();
    for (std::size_t i = 0; i < batch.attempts.size(); ++i) {
        const Attempted& attempted = batch.attempts[i];
        const std::exception_ptr& error = batch.results[i].error;
        if (!error) {
            checkpoint_ = std::max(checkpoint_, attempted.settles);
            deferred_.erase(attempted.position);
            if (!attempted.delivery) {
                ++finished_;
            } else if (attempted.delivery->state == DeliveryState::dead) {
                ++dead_;
            } else {
                deferred_.insert_or_assign(attempted.position, *attempted.delivery);
            }
            if (attempted.failure && attempted.failure->kind() != FailureKind::not_ready) {
                ++failures_;
            }
            continue;
        }
        if (must_reload_) {
            continue; // it fell with the one before it
        }
        must_reload_ = true;
        try {
            std::rethrow_exception(error);
        } catch (const StaleCheckpoint&) {
            // Another part of this agent came between; reading again settles it.
        } catch (const PartRefused& refused) {
            steps_.note_refused(attempted.position, Failure::rejected(refused.what()),
                                attempted.failure.has_value());
        } catch (const StoreError& store_error) {
            trouble_ = store_error.what();
        } catch (const std::exception& refused) {
            steps_.note_refused(
                attempted.position,
                Failure::transient(std::string{"its commit was refused: "} + refused.what()),
                attempted.failure.has_value());
        }
    }
}

} // namespace bus
