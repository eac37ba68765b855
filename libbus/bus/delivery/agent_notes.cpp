#include <bus/delivery/agent_runner.hpp>
#include <bus/runtime/fault_point.hpp>

#include <set>
#include <utility>

/// The notes of what is under way, by which the next start knows what the process may have died of.
namespace bus {

/// What is found at the start, and what is attempted again, has to be in the note before it runs:
/// nothing else would tell that the process dies of it. First attempts after that ride on the
/// commits of others: the next start notes them.
bool AgentRunner::must_note(Lane& lane) {
    const std::lock_guard lock{mutex_};
    if (lane.repeats.empty() && !replaying()) {
        lane.noting = lane.held.runnable(hub_->runtime().steady_now());
    }
    const bool mail_is_noted = mail_noted_ || (with_lanes_ == 0 && !mail_waits_);
    if (first_noted_ && lane.noting.empty() && mail_is_noted) {
        return false;
    }
    for (const Position position : lane.noting) {
        note_is_old_ = ++repeating_[position] == 1 || note_is_old_;
    }
    if (!note_is_old_ && !mail_waits_) {
        first_noted_ = first_noted_ || with_lanes_ != 0; // all is in the note that was found
        mail_noted_ = mail_noted_ || with_lanes_ != 0;
        lane.repeats.insert(lane.repeats.end(), lane.noting.begin(), lane.noting.end());
        lane.noting.clear();
        return false;
    }
    return true;
}

void AgentRunner::note(Lane& lane) {
    LIBBUS_FAULT_POINT("note.before");
    Part part;
    part.agent = agent_->name();
    part.durability = Durability::buffered; // it is about deaths of the process, not of the power
    bool mail = false;
    {
        std::unique_lock lock{mutex_};
        part.begun = make_note(lock);
        mail = mail_waits_ || with_lanes_ != 0;
        part.chain = chain_; // one of before a replay must not follow it
        ++open_batches_;
    }
    house_.writer.submit(
        std::move(part), [self = shared_from_this(), &lane, mail](PartResult&& result, Part&&) {
            {
                const std::lock_guard lock{self->mutex_};
                --self->open_batches_;
                if (result.error) {
                    self->note_is_old_ = true;
                    self->refuse_note(result.error);
                } else {
                    self->first_noted_ = true;
                    self->mail_noted_ = self->mail_noted_ || mail;
                    self->mail_waits_ = self->mail_waits_ && !mail;
                    lane.repeats.insert(lane.repeats.end(), lane.noting.begin(), lane.noting.end());
                }
                lane.noting.clear();
            }
            // Not as what the writer does: it would be told of the end of its own commit.
            self->hub_->runtime().pool().post([self, &lane] { self->finish_turn(lane); });
        });
}

/// With the lock held: a note was not stored.
void AgentRunner::refuse_note(const std::exception_ptr& error) {
    must_reload_ = true;
    note_is_old_ = true;
    try {
        std::rethrow_exception(error);
    } catch (const BrokenChain&) {
        // It fell with a part before it, or came behind a replay.
    } catch (...) {
        note_trouble(Failure::from(error).what());
    }
}

/// With the lock held: all that is under way or about to be.
BegunNote AgentRunner::make_note(Lock& /*lock*/) {
    note_is_old_ = false;
    BegunNote note;
    if (handed_out_ != 0) {
        note.range = {1, handed_out_};
    }
    // While none runs alone, the one that did when the process died keeps its count.
    const Position alone = lone_ != 0             ? lone_
                           : suspects_.alone != 0 ? suspects_.repeated.front()
                                                  : 0;
    if (alone != 0) {
        note.repeated.push_back(alone);
        note.alone = lone_ != 0 ? lone_deaths_ : suspects_.alone;
    }
    std::set<Position> repeated;
    for (const auto& [position, attempts] : repeating_) {
        repeated.insert(repeated.end(), position);
    }
    repeated.insert(suspect_again_.begin(), suspect_again_.end());
    repeated.erase(alone);
    note.repeated.insert(note.repeated.end(), repeated.begin(), repeated.end());
    return note;
}

} // namespace bus
