#include <bus/delivery/agent_runner.hpp>
#include <bus/runtime/fault_point.hpp>

#include <set>
#include <utility>

/// The notes of what is under way. From them, the next start knows which deliveries may have killed
/// the process.
namespace bus {

/// Whether a note must be stored before the lane runs its steps. Deliveries found at the start, and
/// deliveries that are attempted again, must be in a note before they run: nothing else would show
/// that they kill the process. Later first attempts need no commit of their own for that, since
/// their notes are stored together with the commits of other steps.
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
        first_noted_ = first_noted_ || with_lanes_ != 0; // the note found at the start has it all
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
    part.durability = Durability::buffered; // it must survive the process, not a power cut
    bool mail = false;
    {
        std::unique_lock lock{mutex_};
        part.begun = make_note(lock);
        mail = mail_waits_ || with_lanes_ != 0;
        part.chain = chain_; // a note made before a replay must not be stored after it
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
            // Not on the writer's thread, which still has to end this commit.
            self->hub_->runtime().pool().post([self, &lane] { self->finish_turn(lane); });
        });
}

/// Called with the lock held when a note was not stored.
void AgentRunner::refuse_note(const std::exception_ptr& error) {
    must_reload_ = true;
    note_is_old_ = true;
    try {
        std::rethrow_exception(error);
    } catch (const BrokenChain&) {
        // An earlier part was refused, and this one with it; or it came after a replay.
    } catch (...) {
        note_trouble(Failure::from(error).what());
    }
}

/// A note of all that is under way or soon will be. Called with the lock held.
BegunNote AgentRunner::make_note(Lock& /*lock*/) {
    note_is_old_ = false;
    BegunNote note;
    if (handed_out_ != 0) {
        note.range = {1, handed_out_};
    }
    // If no delivery runs alone, the one that did when the process died keeps its count.
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
