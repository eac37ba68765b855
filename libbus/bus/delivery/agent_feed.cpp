#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/turn_clock.hpp>
#include <bus/event/internal/block_memory.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <functional>
#include <utility>

/// How events come in to an agent: where it begins, what it missed, and what is new. The rest of
/// AgentRunner is in the other agent_*.cpp files.
namespace bus {

namespace {

/// A number that is unique in this process. So no two agents have the same chain, and no agent has
/// the same chain again after a reload.
std::uint64_t next_chain() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

} // namespace

void AgentRunner::register_agent() {
    if (store_.agent(agent_->name())) {
        return;
    }
    const StartPosition& start = agent_->settings().start;
    Part part;
    part.agent = agent_->name();
    part.start = first_start();
    if (start.kind == StartPosition::Kind::replay) {
        part.replay = ReplayOrder{.after = start.position};
    }
    // If the wait throws, the writer still has the part after this function has returned.
    const auto result = std::make_shared<std::optional<PartResult>>();
    LIBBUS_FAULT_POINT("agent.register");
    house_.writer.submit(std::move(part),
                         [self = shared_from_this(), result](PartResult&& r, Part&&) {
                             const std::lock_guard lock{self->mutex_};
                             *result = std::move(r);
                             self->stopped_.notify_all();
                         });
    std::unique_lock lock{mutex_};
    hub_->runtime().wait(lock, stopped_, [&] { return result->has_value(); });
    if ((*result)->error) {
        std::rethrow_exception((*result)->error);
    }
}

/// Begins again at the agent's progress in the store. Nothing of the agent is under way.
void AgentRunner::reload() {
    LIBBUS_FAULT_POINT_THROWS("recovery.read", StoreError{"recovery.read: made to fail"});
    {
        const std::lock_guard lock{mutex_};
        loading_ = true;
        changed_meanwhile_.clear();
    }
    const AgentRecord record = store_.agent(agent_->name()).value_or(AgentRecord{});
    const std::vector<DeliveryBrief> briefs = store_.delivery_briefs(agent_->name());
    std::vector<DeliveryRecord> deferred =
        store_.deliveries(agent_->name(), DeliveryState::deferred);
    wake_readable(deferred);
    const Position end = store_.last_position();
    const std::lock_guard lock{mutex_};
    loading_ = false;
    mailbox_.clear();
    states_.clear();
    // Suspects that have no row any more are finished. Dead ones are no suspects either: the
    // process survived the run in which they died, and if one is redriven, it is noted before it
    // runs again.
    std::erase_if(suspect_again_, [&](Position position) {
        return std::none_of(briefs.begin(), briefs.end(), [position](const DeliveryBrief& brief) {
            return brief.position == position && brief.state != DeliveryState::dead;
        });
    });
    clear_lanes();
    load_held_up(briefs, std::move(deferred));
    for (const PartResult::Changed& changed : changed_meanwhile_) {
        if (changed.action != DeliveryAction::discard) {
            note_state(changed.delivery);
        }
        // It was committed after the deliveries were read, or it is already included in them.
        lane_of(changed.delivery.sequence, changed.delivery.position)
            .orders.push_back({.kind = Order::Kind::changed, .changed = changed});
    }
    changed_meanwhile_.clear();
    begin_at(record);
    log_end_ = std::max(log_end_, end);
    chain_ = next_chain();
    live_ = through_ >= log_end_;
    must_reload_ = false;
    trouble_.clear();
}

/// Called with the lock held, while no turn is under way.
void AgentRunner::clear_lanes() {
    for (const auto& lane : lanes_) {
        lane->inbox.clear();
        lane->held.clear();
        lane->lonely.reset();
        lane->repeats.clear();
        for (const Refusal& refusal : lane->refusals) {
            lane->steps.note_refused(refusal.position, refusal.failure, refusal.was_failure);
        }
        lane->refusals.clear();
    }
    with_lanes_ = 0;
    feeding_ = false;
    repeating_.clear();
}

/// Called with the lock held, after the lanes have loaded their held-up deliveries.
void AgentRunner::begin_at(const AgentRecord& record) {
    settled_ = internal::AgentProgress::beginning(record.checkpoint);
    for (const PositionRange& range : record.ahead) {
        settled_.settle(range);
    }
    if (std::exchange(put_back_, false)) {
        suspects_ = {};
        suspect_again_.clear();
        handed_out_ = 0;
    }
    replay_through_ = record.replay.through;
    for (const auto& lane : lanes_) {
        lane->steps.set_replay(record.replay);
        show_held_up(*lane);
    }
    finished_ = record.finished;
    through_ = record.checkpoint;
    read_from_ = through_;
    reads_.clear();
    settle_from_ = record.checkpoint + 1;
}

void AgentRunner::load_held_up(const std::vector<DeliveryBrief>& briefs,
                               std::vector<DeliveryRecord>&& deferred) {
    const ClockReading now = hub_->runtime().read_clocks();
    auto next = deferred.begin();
    unfinished_.clear();
    for (const DeliveryBrief& brief : briefs) {
        std::optional<DeliveryRecord> record;
        if (brief.state == DeliveryState::deferred) {
            // Both lists are in order. Changes between reading the two are in changed_meanwhile_.
            while (next != deferred.end() && next->position < brief.position) {
                ++next;
            }
            if (next == deferred.end() || next->position != brief.position) {
                continue;
            }
            record = std::move(*next);
        }
        note_state(brief.position, brief.state, record ? record->redrives : 0);
        lane_of(brief.sequence, brief.position).held.load(brief, std::move(record), now);
    }
    for (const auto& lane : lanes_) {
        lane->held.finish_loading();
    }
}

void AgentRunner::offer(const Writer::Committed& committed) {
    bool has_work = false;
    {
        std::unique_lock lock{mutex_};
        if (stopping_) {
            return; // it is in the log
        }
        log_end_ = committed.events.back().position();
        live_ = live_ && committed.previous_last <= through_ &&
                mailbox_.size() < agent_->settings().mailbox_capacity;
        if (live_) {
            for (const Writer::CommittedEvent& event : committed.events) {
                // A page from the store may have contained it before its commit was offered.
                if (event.position() > through_ && handles(event.type())) {
                    push_mail(event.take());
                }
            }
            through_ = std::max(through_, log_end_);
            read_from_ = std::max(read_from_, through_);
        }
        if (live_) {
            save_passed(lock);
        }
        has_work = !mailbox_.empty() || !live_ ||
                   std::any_of(lanes_.begin(), lanes_.end(),
                               [](const auto& lane) { return lane->has_ready; });
    }
    if (has_work) {
        wake();
    } else if (awaited_ != 0) {
        hub_->note_change(); // the agent may have passed an awaited position
    }
}

/// Called with the lock held.
void AgentRunner::push_mail(Writer::Event event) {
    if (settled_.contains(event->position)) {
        return; // it was finished ahead of the checkpoint before a restart
    }
    const Position position = event->position;
    mailbox_.push_back({std::move(event), std::exchange(settle_from_, position + 1)});
}

bool AgentRunner::handles(const EventType* type) const {
    if (type == nullptr || type->base() == nullptr) {
        return false; // unknown to the program, or a record with the type name DomainEvent
    }
    return type->index() < handled_types_.size() ? handled_types_[type->index()]
                                                 : agent_->handler_for(*type) != nullptr;
}

/// Gives events to the lanes, from memory or from the log. Throws StoreError.
void AgentRunner::feed() {
    internal::TurnClock clock{hub_->runtime()};
    internal::BlockMemory memory;
    do {
        std::vector<DeliveryItem> items;
        {
            std::unique_lock lock{mutex_};
            if (feeding_) {
                return; // only one thread at a time, so that each lane gets its events in order
            }
            items = take_mail(lock);
            feeding_ = !items.empty();
        }
        if (!items.empty()) {
            hand_out(std::move(items));
        }
        const std::lock_guard lock{mutex_};
        if (!mailbox_.empty() || stopping_ || must_reload_) {
            return;
        }
    } while (read_page(1, memory) && !clock.is_over());
}

/// Takes as many events as the lanes have room for. Called with the lock held.
std::vector<DeliveryItem> AgentRunner::take_mail(Lock& lock) {
    std::vector<DeliveryItem> items;
    const std::size_t room = most_given * lanes_.size();
    if (must_note_first(room)) {
        return items;
    }
    while (!mailbox_.empty() && with_lanes_ < room && !stopping_ && !must_reload_ &&
           !comes_after_suspects(items, mailbox_.front().event->position)) {
        Mail mail = std::move(mailbox_.front());
        mailbox_.pop_front();
        DeliveryItem item{.event = std::move(mail.event)};
        item.settles = {mail.first, item.event->position};
        if (mailbox_.empty() && settle_from_ <= through_) {
            item.settles.last = through_;
            settle_from_ = through_ + 1;
        }
        item.suspect = suspected(item);
        if (item.event->position > handed_out_) {
            handed_out_ = item.event->position;
            note_is_old_ = true;
        }
        ++with_lanes_;
        items.push_back(std::move(item));
    }
    read_ahead(lock);
    return items;
}

/// Whether a note must be stored before keys may be asked for. The note says for which events that
/// happens. If the process dies in the key function, the next start finds these events in the note.
/// Called with the lock held.
bool AgentRunner::must_note_first(std::size_t room) {
    if (!asks_keys_ || mail_noted_ || mailbox_.empty() || stopping_ || must_reload_) {
        return false;
    }
    if (mail_waits_) {
        return true;
    }
    const Position last = mailbox_[std::min(room, mailbox_.size()) - 1].event->position;
    if (last <= handed_out_) {
        return false;
    }
    handed_out_ = last;
    note_is_old_ = true;
    mail_waits_ = true;
    return true;
}

/// Whether an event must wait until the suspects before it have run. The key of a suspect is only
/// asked for when it runs alone. Until then it is unknown which later events belong to its
/// sequence. Called with the lock held.
bool AgentRunner::comes_after_suspects(const std::vector<DeliveryItem>& items,
                                       Position position) const {
    if (!asks_keys_ || position <= suspects_.range.last) {
        return false;
    }
    const std::deque<DeliveryItem>& waiting = lanes_.front()->inbox;
    return (!waiting.empty() && waiting.front().suspect) ||
           (!items.empty() && items.back().suspect);
}

/// Distributes items to the lanes. The agent's own code may choose their sequences.
void AgentRunner::hand_out(std::vector<DeliveryItem>&& items) {
    std::vector<Lane*> lanes;
    lanes.reserve(items.size());
    for (DeliveryItem& item : items) {
        // A suspect moves to its own lane when it runs.
        lanes.push_back(asks_keys_ && item.suspect ? lanes_.front().get() : &lane_of(item));
    }
    std::unique_lock lock{mutex_};
    feeding_ = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
        lanes[i]->inbox.push_back(std::move(items[i]));
    }
    wake_lanes(lock); // other lanes need not wait for the end of this turn
}

AgentRunner::Lane& AgentRunner::lane_of(DeliveryItem& item) {
    if (lanes_.size() == 1) {
        return *lanes_.front();
    }
    return lane_of(lanes_.front()->steps.sequence_of(item), item.event->position);
}

AgentRunner::Lane& AgentRunner::lane_of(std::string_view sequence, Position position) {
    const std::size_t hash = sequence.empty() ? static_cast<std::size_t>(position)
                                              : std::hash<std::string_view>{}(sequence);
    return *lanes_[hash % lanes_.size()];
}

Writer::Event AgentRunner::read_event(Position position) {
    std::vector<StoredEvent> found = store_.read(position - 1, 1);
    if (found.empty() || found.front().position != position) {
        throw StoreError{store_.description() + ": event " + std::to_string(position) +
                         ", which agent " + agent_->name() +
                         " has not finished, is not there; verify the store"};
    }
    return std::make_shared<const StoredEvent>(std::move(found.front()));
}

/// Whether this delivery may have killed the process.
bool AgentRunner::suspected(const DeliveryItem& item) const {
    return item.event->position <= suspects_.range.last && !item.record
               ? suspects_.range.first != 0
               : suspect_again_.contains(item.event->position);
}

} // namespace bus
