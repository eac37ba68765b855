#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/turn_clock.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/internal/block_memory.hpp>

#include <algorithm>
#include <utility>

/// How an agent reads the log: in pages, up to two of them at once. A worker that has nothing else
/// to do reads one itself, beside a task that reads ahead: reading and decoding take longer than
/// most steps do, and what one thread has allocated another frees at a price.
namespace bus {

namespace {

/// Events that are read at once.
constexpr std::size_t events_a_page = 384;
/// Pages that are read at once, those included that wait for one before them.
constexpr std::size_t most_reads = 2;
/// The next page is read while no more than this is waiting.
constexpr std::size_t read_ahead_below = 1536;

} // namespace

/// With the lock held.
bool AgentRunner::may_read() const {
    return !live_ && !stopping_ && !must_reload_ && reads_.size() < most_reads &&
           read_from_ < log_end_;
}

/// Reads a page that nobody reads yet into the mailbox. False: there was none, or nothing in it.
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
    // Where this throws, nothing behind this page is taken until the agent begins again.
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

/// With the lock held: takes what was read, as far as nothing before it is missing.
void AgentRunner::take_pages(Lock& lock) {
    try {
        while (!reads_.empty() && reads_.front()->page) {
            take_page(lock, *reads_.front());
            reads_.pop_front();
            if (!reads_.empty() && reads_.front()->after > through_) {
                reads_.clear(); // the log has grown since: there is more between the two
            }
        }
    } catch (...) {
        must_reload_ = true; // part of a page may have been taken
        throw;
    }
    if (reads_.empty()) {
        read_from_ = through_;
    }
}

/// With the lock held: pages come in their order, but may overlap where positions are missing from
/// the log, or with what the agent got live meanwhile.
void AgentRunner::take_page(Lock& /*lock*/, Read& read) {
    for (Writer::Event& event : read.page->wanted) {
        if (event->position > through_) {
            push_mail(std::move(event));
        }
    }
    through_ = std::max(through_, read.page->last);
    if (read.page->found < events_a_page) {
        // The log was read to its end, whatever was pruned there.
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

/// Null where the agent does not handle it. It is made an object already, so that the lanes only
/// run it, but where that calls upcasters. Nor before the first note of this life, or while there
/// are suspects: types of members that are a user's own are read by his code, and where that kills
/// the process each life must get further, until the event is among those that were noted. The
/// record of an event that is an object stays behind: it would be freed by
/// another thread, which costs as much as all the rest.
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

/// With the lock held: is there a page to be read while the lanes work on what they have?
bool AgentRunner::wants_ahead() const {
    return may_read() && mailbox_.size() <= read_ahead_below;
}

/// With the lock held.
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
