#include <bus/delivery/agent_runner.hpp>
#include <bus/event/codec.hpp>

#include <algorithm>
#include <utility>

/// How an agent reads the log: in pages, the next one while its workers are busy with this one.
namespace bus {

namespace {

/// Events that are read at once.
constexpr std::size_t page_size = 384;
/// The next page is read while no more than this is waiting.
constexpr std::size_t read_ahead_below = 1536;

} // namespace

/// Reads what is in the log behind through_ into the mailbox. False: there was nothing to read.
bool AgentRunner::read_page(std::ptrdiff_t own_turns) {
    Position after = 0;
    Position end = 0;
    {
        const std::lock_guard lock{mutex_};
        if (live_ || stopping_ || reading_) {
            return false;
        }
        reading_ = true;
        after = through_;
        end = log_end_;
    }
    Page page;
    try {
        page = load_page(after);
    } catch (...) {
        const std::lock_guard lock{mutex_};
        reading_ = false;
        throw;
    }
    std::unique_lock lock{mutex_};
    reading_ = false;
    if (must_reload_) {
        return false;
    }
    for (Writer::Event& event : page.wanted) {
        push_mail(std::move(event));
    }
    through_ = page.last;
    if (page.found < page_size) {
        through_ =
            std::max(through_, end); // the log was read to its end, whatever was pruned there
    }
    live_ = through_ >= log_end_;
    if (through_ - settled_.checkpoint > unhandled_before_checkpoint) {
        save_checkpoint(lock, own_turns);
    }
    return page.found != 0;
}

AgentRunner::Page AgentRunner::load_page(Position after) {
    Page page{.last = after};
    page.wanted.reserve(page_size);
    page.found = store_.read_each(after, page_size, [&](StoredEvent& event) {
        page.last = event.position;
        if (Writer::Event wanted = wanted_of(event)) {
            page.wanted.push_back(std::move(wanted));
        }
    });
    return page;
}

/// Null where the agent does not handle it. It is made an object already, so that the lanes only
/// run it, but where that calls upcasters: what a user's code does to the process must happen in a
/// step that was noted. The record of an event that is an object stays behind: it would be freed by
/// another thread, which costs as much as all the rest.
Writer::Event AgentRunner::wanted_of(StoredEvent& event) const {
    const EventType* type = find_event_type(event.record.event_type);
    if (!handles(type)) {
        return nullptr;
    }
    if (event.record.event_version == type->version()) {
        try {
            const auto kept = std::make_shared<StoredEvent>();
            kept->event = decode(event.record);
            kept->position = event.position;
            kept->stream_version = event.stream_version;
            // Where the record has another aggregate than the program would say, it is in the
            // sequence of that.
            if (event.record.aggregate_type == kept->event->aggregate_type() &&
                event.record.aggregate_id == kept->event->aggregate_id()) {
                return kept;
            }
        } catch (const CodecError&) {
            // Not lost: its step finds the same, and fails with it.
        }
    }
    return std::make_shared<const StoredEvent>(std::move(event));
}

/// With the lock held: has the next page of the log read while the lanes work on this one.
void AgentRunner::read_ahead(Lock& /*lock*/) {
    if (live_ || reading_ || reading_ahead_ || stopping_ || must_reload_ || through_ >= log_end_ ||
        mailbox_.size() > read_ahead_below) {
        return;
    }
    reading_ahead_ = true;
    hub_->runtime().pool().post([self = shared_from_this()] { self->run_ahead(); });
}

void AgentRunner::run_ahead() {
    if (!house_.gate.enter([self = shared_from_this()] { self->run_ahead(); })) {
        return;
    }
    std::string trouble;
    try {
        read_page(0);
    } catch (...) {
        trouble = Failure::from(std::current_exception()).what();
        if (const auto sink = hub_->sink()) {
            sink->on_trouble("agent " + agent_->name() + ": " + trouble);
        }
    }
    house_.gate.leave();
    Lock lock{mutex_};
    if (!trouble.empty()) {
        note_trouble(std::move(trouble));
    }
    reading_ahead_ = false;
    end_replay(lock);
    wake_lanes(lock);
    if (must_reload_ && !stopping_) {
        schedule_wake(lock);
    }
    tell_end(std::move(lock));
}

} // namespace bus
