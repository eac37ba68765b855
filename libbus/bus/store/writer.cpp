#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/yield.hpp>
#include <bus/store/writer.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bus {

namespace {

/// The most events and parts that share a commit. The more steps share a commit, the more of them
/// write to the same pages of the indexes. With more than this, the others would only wait longer.
constexpr std::size_t most_of_a_commit = 4096;

/// If a commit takes longer than this for each part, the disk is the limit, and not the processor.
constexpr Duration processor_time_of_a_part = std::chrono::microseconds{10};

} // namespace

Writer::Writer(EventStore& store, Runtime& runtime, OnCommitted on_committed, Task on_idle,
               OnTrouble on_trouble)
    : store_{store},
      runtime_{runtime},
      on_committed_{std::move(on_committed)},
      on_idle_{std::move(on_idle)},
      on_trouble_{std::move(on_trouble)},
      last_{store.last_position()},
      bell_{std::make_shared<internal::CommitBell>()},
      thread_{runtime.dedicated("bus-writer")} {}

Writer::~Writer() = default; // thread_ is destroyed first, and stays usable while it ends

Writer::Bell Writer::submit(Part part, Done done) {
    const std::lock_guard lock{mutex_};
    waiting_.make_room(1);
    begin();
    waiting_.add(std::move(part), {.done = std::move(done)});
    ++pending_;
    return bell_;
}

void Writer::submit(std::vector<Part> parts, DoneOfMany done) {
    const auto of_several = std::make_shared<const DoneOfMany>(std::move(done));
    const std::lock_guard lock{mutex_};
    waiting_.make_room(parts.size());
    begin();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        waiting_.add(std::move(parts[i]), {.of_several = of_several, .index = i});
    }
    pending_ += parts.size();
}

void Writer::run(Task task) {
    const std::lock_guard lock{mutex_};
    ++pending_;
    thread_->post([this, task = std::move(task)] {
        task();
        {
            const std::lock_guard done{mutex_};
            --pending_;
        }
        on_idle_();
    });
}

void Writer::look() {
    run([this] {
        try {
            store_.look();
            trouble_.clear();
        } catch (const StoreLost& lost) {
            note_lost(lost);
        } catch (const std::exception& error) {
            if (trouble_ != error.what() && on_trouble_) {
                on_trouble_(error.what(), false);
            }
            trouble_ = error.what();
        }
    });
}

/// Must be called in the handler of a StoreLost.
void Writer::note_lost(const std::exception& error) {
    if (!std::exchange(lost_, std::current_exception()) && on_trouble_) {
        on_trouble_(error.what(), true);
    }
}

std::size_t Writer::pending() const {
    const std::lock_guard lock{mutex_};
    return pending_;
}

/// With the lock held, before parts are added: ensures that they will be written. If this throws,
/// nothing has changed, and the caller need not do anything.
void Writer::begin() {
    if (!scheduled_) {
        thread_->post([this] { write_waiting(); });
        scheduled_ = true;
    }
}

/// If this throws, nothing has changed.
void Writer::Entries::make_room(std::size_t more) {
    const std::size_t wanted = parts.size() + more;
    if (wanted > std::min(parts.capacity(), receivers.capacity())) {
        parts.reserve(2 * wanted);
        receivers.reserve(2 * wanted);
    }
}

void Writer::Entries::add(Part&& part, Receiver&& receiver) noexcept {
    weight += part.events.size() + 1;
    parts.push_back(std::move(part));
    receivers.push_back(std::move(receiver));
}

/// Takes as many parts from the front of `from` as fit into one commit, and at least one if there
/// is one.
void Writer::Entries::take(Entries& from) {
    if (from.weight <= most_of_a_commit) {
        std::swap(*this, from); // so that nothing is moved while publishers wait for the lock
        return;
    }
    std::size_t count = 0;
    while (count < from.parts.size() && weight < most_of_a_commit) {
        weight += from.parts[count].events.size() + 1;
        ++count;
    }
    const auto move_front = [count](auto& to, auto& all) {
        const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
        std::move(all.begin(), end, std::back_inserter(to));
        all.erase(all.begin(), end);
    };
    move_front(parts, from.parts);
    move_front(receivers, from.receivers);
    from.weight -= weight;
}

void Writer::Entries::clear() {
    parts.clear();
    receivers.clear();
    weight = 0;
}

/// Waits for the publishers of the last commit, which are likely to publish again at once. Without
/// a moment for all of them to come back, they would split into two halves, each of which waits for
/// the commit of the other. If the processor is the limit, this is no disadvantage: one half
/// publishes while the other half is written.
void Writer::gather() {
    constexpr int looks_in_vain = 10;
    if (!disk_is_limit_) {
        return;
    }
    std::size_t seen = 0;
    for (int vain = 0; vain < looks_in_vain; ++vain) {
        {
            const std::lock_guard lock{mutex_};
            if (waiting_.parts.size() >= publishers_) {
                return;
            }
            if (waiting_.parts.size() > seen) {
                seen = waiting_.parts.size();
                vain = 0;
            }
        }
        yield_thread();
    }
}

void Writer::write_waiting() {
    gather();
    Bell bell = std::make_shared<internal::CommitBell>();
    {
        const std::lock_guard lock{mutex_};
        bell.swap(bell_);
        writing_.take(waiting_);
    }
    write(writing_);
    const std::size_t written = writing_.parts.size();
    writing_.clear();
    bell->ring();
    {
        const std::lock_guard lock{mutex_};
        pending_ -= written;
        if (!waiting_.parts.empty()) {
            // A separate task, so that a simulation may run other tasks in between.
            thread_->post([this] { write_waiting(); });
            return;
        }
        scheduled_ = false;
    }
    on_idle_();
}

void Writer::write(Entries& entries) {
    std::vector<Part>& parts = entries.parts;
    const Timestamp stored_at = runtime_.now();
    for (Part& part : parts) {
        part.stored_at = stored_at;
    }
    const SteadyTime began = runtime_.steady_now();
    std::vector<PartResult> results = commit(parts);
    disk_is_limit_ = runtime_.steady_now() - began > processor_time_of_a_part * parts.size();
    LIBBUS_FAULT_POINT("commit.before_told");
    count_publishers(parts);
    hand_on(parts, results);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        Receiver& receiver = entries.receivers[i];
        // Moved out of the entry, so that what the functions hold is freed now and not later by
        // clear().
        if (const auto several = std::exchange(receiver.of_several, nullptr)) {
            (*several)(receiver.index, std::move(results[i]), std::move(parts[i]));
        } else {
            std::exchange(receiver.done, nullptr)(std::move(results[i]), std::move(parts[i]));
        }
    }
    LIBBUS_FAULT_POINT("commit.after_told");
}

std::vector<PartResult> Writer::commit(std::span<const Part> parts) {
    const bool durable = std::any_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.durability == Durability::committed;
    });
    if (lost_) {
        return std::vector<PartResult>(parts.size(), PartResult{.error = lost_});
    }
    try {
        LIBBUS_FAULT_POINT_THROWS("commit.before", StoreError{"commit.before: made to fail"});
        return commit_whole_chains(parts, durable);
    } catch (const std::exception& error) {
        if (is_store_lost(std::current_exception())) {
            note_lost(error);
        }
        // Whatever the error was: a later part of the same chain must not be stored without these.
        for (const Part& part : parts) {
            broken_.add(part);
        }
        return std::vector<PartResult>(parts.size(), PartResult{.error = std::current_exception()});
    }
}

/// Leaves out the parts whose chain was broken by an earlier commit. That is rare, so in that case
/// the other parts are copied.
std::vector<PartResult> Writer::commit_whole_chains(std::span<const Part> parts, bool durable) {
    std::vector<PartResult> results(parts.size());
    std::vector<Part> whole;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        results[i].error = broken_.refusal(parts[i]);
    }
    const auto refused = [](const PartResult& result) { return result.error != nullptr; };
    if (std::none_of(results.begin(), results.end(), refused)) {
        return store_.commit(parts, durable);
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!refused(results[i])) {
            whole.push_back(parts[i]);
        }
    }
    std::vector<PartResult> stored = store_.commit(whole, durable);
    for (auto next = stored.begin(); PartResult & result : results) {
        if (!refused(result)) {
            result = std::move(*next++);
        }
    }
    return results;
}

/// To be called before the callbacks: counts the publishers of this commit, and those that came
/// while it was being written.
void Writer::count_publishers(const std::vector<Part>& parts) {
    constexpr std::size_t most_publishers = 512; // more are not worth waiting for
    const auto publishes = static_cast<std::size_t>(std::count_if(
        parts.begin(), parts.end(), [](const Part& part) { return part.agent.empty(); }));
    const std::lock_guard lock{mutex_};
    publishers_ = publishes == 0 ? 0 : std::min(publishes + waiting_.parts.size(), most_publishers);
}

void Writer::hand_on(std::vector<Part>& parts, const std::vector<PartResult>& results) {
    std::vector<CommittedEvent> events;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (results[i].error) {
            continue;
        }
        for (std::size_t k = 0; k < results[i].places.size(); ++k) {
            if (const PartResult::Place& place = results[i].places[k]; !place.duplicate) {
                events.emplace_back(parts[i].events[k], place);
            }
        }
    }
    if (!events.empty()) {
        const Position previous = last_;
        last_ = events.back().position();
        on_committed_({.previous_last = previous, .events = events});
    }
}

const EventType* Writer::CommittedEvent::type() const {
    const auto of = [this](const auto& event) {
        if (event.event) {
            return &event.event->type();
        }
        if (found_ == nullptr) {
            found_ = find_event_type(event.record.event_type);
        }
        return found_;
    };
    return taken_ ? of(*taken_) : of(event_.get());
}

const Writer::Event& Writer::CommittedEvent::take() const {
    if (!taken_) {
        NewEvent& event = event_;
        taken_ =
            std::make_shared<const StoredEvent>(StoredEvent{.position = place_.position,
                                                            .stream_version = place_.stream_version,
                                                            .record = std::move(event.record),
                                                            .event = std::move(event.event)});
    }
    return taken_;
}

} // namespace bus
