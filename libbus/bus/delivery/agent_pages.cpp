#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/turn_clock.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/internal/block_memory.hpp>

#include <algorithm>
#include <utility>

/// How an agent reads the log: in pages, up to two at a time. A lane that has nothing else to do
/// reads a page itself, while a task reads ahead. That is because reading and decoding take longer
/// than most steps, and because freeing memory that another thread has allocated is expensive.
namespace bus {

namespace {

/// The number of events in a page.
constexpr std::size_t events_a_page = 384;
/// The most pages that are read at the same time, counting those that wait for an earlier page.
constexpr std::size_t most_reads = 2;
/// The next page is read ahead if the mailbox holds at most this many events.
constexpr std::size_t read_ahead_below = 1536;

} // namespace

/// Called with the lock held.
bool AgentRunner::may_read() const {
    return !live_ && !stopping_ && !must_reload_ && reads_.size() < most_reads &&
           read_from_ < log_end_;
}

/// Reads the next page that is not being read yet into the mailbox. Returns false if there was
/// none, or if it was empty.
bool AgentRunner::read_page(std::ptrdiff_t own_turns, internal::BlockMemory& memory) {
    std::shared_ptr<Read> read;
    {
        const std::lock_guard lock{mutex_};
        if (!may_read()) {
            return false;
        }
        read = std::make_shared<Read>(Read{
            .after = read_from_, .log_end = log_end_, .decodes = mail_noted_ && !one_turn_only()});
        reads_.push_back(read);
        read_from_ += events_a_page;
    }
    // If this throws, no later page is taken until the agent begins again.
    Page page = load_page(*read, memory);
    std::unique_lock lock{mutex_};
    const bool found = page.found != 0;
    read->page = std::move(page);
    if (must_reload_) {
        return false;
    }
    take_pages(lock);
    if (through_ - settled_.checkpoint > unhandled_before_checkpoint) {
        save_checkpoint(lock, own_turns);
    }
    return found;
}

/// Takes the pages that were read, up to the first one that is missing. Called with the lock held.
void AgentRunner::take_pages(Lock& lock) {
    try {
        while (!reads_.empty() && reads_.front()->page) {
            take_page(lock, *reads_.front());
            reads_.pop_front();
            if (!reads_.empty() && reads_.front()->after > through_) {
                reads_.clear(); // the log has grown: there are events between the two pages
            }
        }
    } catch (...) {
        must_reload_ = true; // a page may have been taken in part
        throw;
    }
    if (reads_.empty()) {
        read_from_ = through_;
    }
}

/// Takes a page. Pages come in order, but they may overlap with each other if positions are missing
/// from the log, and with events that the agent got live meanwhile. Called with the lock held.
void AgentRunner::take_page(Lock& /*lock*/, Read& read) {
    for (Writer::Event& event : read.page->wanted) {
        if (event->position > through_) {
            push_mail(std::move(event));
        }
    }
    through_ = std::max(through_, read.page->last);
    if (read.page->found < events_a_page) {
        // The log was read to its end, even if its last events were pruned.
        through_ = std::max(through_, read.log_end);
    }
    read_from_ = std::max(read_from_, through_);
    live_ = through_ >= log_end_;
}

AgentRunner::Page AgentRunner::load_page(const Read& read, internal::BlockMemory& memory) {
    Page page{.last = read.after};
    page.wanted.reserve(events_a_page);
    page.found = store_.read_each(read.after, events_a_page, [&](StoredEvent& event) {
        page.last = event.position;
        if (Writer::Event wanted = wanted_of(event, read.decodes, memory)) {
            page.wanted.push_back(std::move(wanted));
        }
    });
    return page;
}

/// The event for the mailbox, or null if the agent does not handle it.
///
/// The event is decoded here already, so that the lanes only have to run it. Exceptions are events
/// that need upcasters. `decodes` is false until the first note after the start is stored, and
/// while there are suspects: a user's code may read the types of members, and may kill the process.
/// Each start must then get further, until the event is among those noted.
///
/// The record of a decoded event is not passed on: another thread would free it, which costs as
/// much as all the rest.
Writer::Event AgentRunner::wanted_of(StoredEvent& event, bool decodes,
                                     internal::BlockMemory& memory) const {
    const EventType* type = find_event_type(event.record.event_type);
    if (!handles(type)) {
        return nullptr;
    }
    if (decodes && event.record.event_version == type->version()) {
        try {
            const auto kept =
                std::allocate_shared<StoredEvent>(internal::BlockAllocator<StoredEvent>{memory});
            kept->event = decode(event.record, memory);
            kept->position = event.position;
            kept->stream_version = event.stream_version;
            // If the record has another aggregate than the decoded event, the record decides the
            // sequence, so pass the record on.
            if (event.record.aggregate_type == kept->event->aggregate_type() &&
                event.record.aggregate_id == kept->event->aggregate_id()) {
                return kept;
            }
        } catch (const CodecError&) {
            // The error is not lost: the step meets it again and fails with it.
        }
    }
    return std::make_shared<const StoredEvent>(std::move(event));
}

/// Whether a page should be read while the lanes work on what they have. Called with the lock held.
bool AgentRunner::wants_ahead() const {
    return may_read() && mailbox_.size() <= read_ahead_below;
}

/// Called with the lock held.
void AgentRunner::read_ahead(Lock& /*lock*/) {
    if (!reading_ahead_ && wants_ahead()) {
        reading_ahead_ = true;
        post_ahead();
    }
}

void AgentRunner::post_ahead() {
    hub_->runtime().pool().post([self = shared_from_this()] { self->run_ahead(); });
}

void AgentRunner::run_ahead() {
    if (!house_.gate.enter([self = shared_from_this()] { self->post_ahead(); })) {
        return;
    }
    std::string trouble;
    try {
        internal::TurnClock clock{hub_->runtime()};
        internal::BlockMemory memory;
        for (bool more = true; more;) {
            read_page(0, memory);
            Lock lock{mutex_};
            more = wants_ahead() && !clock.is_over();
            wake_lanes(lock);
        }
    } catch (...) {
        trouble = Failure::from(std::current_exception()).what();
        if (!is_store_lost(std::current_exception())) {
            hub_->teller().on_trouble("agent " + agent_->name() + ": " + trouble);
        }
    }
    house_.gate.leave();
    Lock lock{mutex_};
    if (!trouble.empty()) {
        note_trouble(std::move(trouble));
    }
    reading_ahead_ = false;
    read_ahead(lock);
    save_passed(lock);
    wake_lanes(lock);
    if (must_reload_ && !stopping_) {
        schedule_wake(lock);
    }
    tell_end(std::move(lock));
}

} // namespace bus
