#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <new>

namespace bus::detail {

namespace {

/// Up to this many handlers are copied into the next snapshot by the thread that subscribes or
/// unsubscribes. If there are more, the next publish makes the snapshot. Otherwise subscribing many
/// handlers one by one would copy all of them each time.
constexpr std::size_t most_copied_by_a_change = 64;

/// Snapshots that have left their topics. They are retired on every way out and never just freed,
/// because a publish may be running them.
class Garbage : public SnapshotList {
public:
    Garbage() = default;
    Garbage(const Garbage&) = delete;
    Garbage& operator=(const Garbage&) = delete;

    ~Garbage() { retire(*this); }

    void retire_now() noexcept { retire(*this); }
};

} // namespace

HandlerDescription describe(const HandlerSlot& slot) {
    const HandlerSlot::Info& info = *slot.info;
    return {info.type, info.named ? info.name : "", info.priority};
}

Topics::Topics(Dispatcher::Ended ended, Dispatcher::Wait wait, Dispatcher::Failed failed)
    : ended_{std::move(ended)}, wait_{std::move(wait)}, failed_{std::move(failed)} {
    std::fill(near_.begin(), near_.end(), &Snapshot::none());
}

Topics::Farther::Farther() {
    std::fill(topics.begin(), topics.end(), &Snapshot::none());
}

Topics::~Topics() {
    // A destructor of the host may have subscribed handlers while close() ended the others.
    Garbage garbage;
    for (const Line& line : lines_) {
        if (line.type != nullptr) {
            garbage.push(Snapshot::Owner{topic(*line.type).exchange(&Snapshot::none())});
        }
    }
    garbage.retire_now();
    for (Farther* piece = farther_.load(); piece != nullptr;) {
        const std::unique_ptr<Farther> owner{piece};
        piece = piece->next.load();
    }
}

Topics::Topic& Topics::far_topic(std::uint32_t index) {
    std::size_t left = index - near_topics;
    std::atomic<Farther*>* link = &farther_;
    for (;; left -= topics_a_piece) {
        Farther* piece = link->load(std::memory_order_acquire);
        if (piece == nullptr) {
            auto made = std::make_unique<Farther>();
            if (link->compare_exchange_strong(piece, made.get())) {
                piece = made.release();
            }
        }
        if (left < topics_a_piece) {
            return piece->topics[left];
        }
        link = &piece->next;
    }
}

Topics::Place Topics::place_of(const HandlerSlot& slot) noexcept {
    return {.priority = slot.info->priority, .order = slot.info->order};
}

Topics::Line& Topics::line(const EventType& type) {
    if (lines_.size() <= type.index()) {
        lines_.resize(type.index() + 1);
    }
    Line& line = lines_[type.index()];
    line.type = &type;
    return line;
}

void Topics::build(const EventType& type) {
    home_.check("a bus");
    type.check_copy();
    type.use(); // the first publish of a type on this bus
    Garbage garbage;
    {
        const std::lock_guard lock{mutex_};
        if (Line& of_type = line(type); !of_type.built) {
            rebuild(of_type, garbage);
        }
    }
    garbage.retire_now();
}

/// How many handlers the type and its bases have.
std::size_t Topics::count_for(const EventType& type) const noexcept {
    std::size_t count = 0;
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        count += t->index() < lines_.size() ? lines_[t->index()].slots.size() : 0;
    }
    return count;
}

/// The slots of the type and of its bases, in the order of calls.
std::vector<HandlerSlot*> Topics::slots_for(const EventType& type) {
    std::vector<HandlerSlot*> merged;
    merged.reserve(count_for(type));
    bool in_order = true;
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        if (t->index() >= lines_.size() || lines_[t->index()].slots.empty()) {
            continue;
        }
        in_order = merged.empty();
        for (const auto& [place, slot] : lines_[t->index()].slots) {
            merged.push_back(slot.get());
        }
    }
    if (!in_order) {
        std::sort(merged.begin(), merged.end(),
                  [](const auto* a, const auto* b) { return place_of(*a) < place_of(*b); });
    }
    return merged;
}

void Topics::rebuild(Line& line, SnapshotList& garbage) {
    const EventType& type = *line.type;
    std::vector<std::shared_ptr<EventTaker>> takers;
    std::copy_if(takers_.begin(), takers_.end(), std::back_inserter(takers),
                 [&](const auto& taker) { return taker->takes(type); });
    Snapshot::Owner made = Snapshot::make(*this, slots_for(type), std::move(takers));
    garbage.push(Snapshot::Owner{topic(type).exchange(made.release())});
    line.built = true; // only now: if that throws, the next publish tries again
}

/// Makes the next publish build the snapshot again.
void Topics::forget_snapshot(Line& line, Topic& topic, SnapshotList& garbage) noexcept {
    if (line.built) {
        garbage.push(Snapshot::Owner{topic.exchange(&Snapshot::none())});
        line.built = false;
    }
}

/// To be called after a change to the handlers or mailboxes of the line's type.
void Topics::refresh(Line& line, SnapshotList& garbage) {
    if (count_for(*line.type) <= most_copied_by_a_change) {
        rebuild(line, garbage);
    } else {
        forget_snapshot(line, topic(*line.type), garbage);
    }
}

template <class Affected>
void Topics::refresh_where(Affected affected, SnapshotList& garbage) {
    for (Line& line : lines_) {
        if (line.built && affected(*line.type)) {
            refresh(line, garbage);
        }
    }
}

void Topics::add(const SlotRef& slot) {
    Garbage garbage;
    Orphans orphans;
    {
        const std::lock_guard lock{mutex_};
        HandlerSlot::Info& info = *slot->info;
        Line& of_type = line(*info.type);
        orphans = find_orphans(of_type);
        info.topics = weak_from_this();
        info.order = ++subscriptions_;
        ++of_type.subscriptions;
        if (!info.named) {
            info.name = "handler " + std::to_string(of_type.subscriptions) + " of " +
                        std::string{info.type->name()};
        }
        const auto at = of_type.slots.emplace(place_of(*slot), slot).first;
        try {
            if (!of_type.built) {
                refresh(of_type, garbage);
            }
            refresh_where([&](const EventType& type) { return type.is_a(*info.type); }, garbage);
        } catch (...) {
            slot->flags |= HandlerSlot::ended; // it may already be in some snapshots
            of_type.slots.erase(at);
            throw;
        }
    }
    garbage.retire_now();
    for (const SlotRef& orphan : orphans) {
        if (orphan && (orphan->flags.fetch_or(HandlerSlot::ended) & HandlerSlot::ended) == 0) {
            finish_ending(orphan);
        }
    }
}

/// Looks at the next few handlers of a type; the next call continues after them. Handlers whose
/// objects are gone must not pile up, even if nobody ever publishes the type.
Topics::Orphans Topics::find_orphans(Line& line) noexcept {
    Orphans orphans;
    auto next = line.slots.upper_bound(line.swept);
    for (SlotRef& orphan : orphans) {
        if (next == line.slots.end()) {
            line.swept = {.priority = std::numeric_limits<int>::max()};
            break;
        }
        const auto& [place, slot] = *next;
        if ((slot->flags & HandlerSlot::tied) != 0 && slot->info->tie.expired()) {
            orphan = slot;
        }
        line.swept = place;
        ++next;
    }
    return orphans;
}

void Topics::remove(HandlerSlot& slot) noexcept {
    Garbage garbage;
    SlotRef removed; // may be the last reference, so it is released after the lock
    {
        const std::lock_guard lock{mutex_};
        const EventType& slot_type = *slot.info->type;
        auto& slots = lines_[slot_type.index()].slots;
        const auto found = slots.find(place_of(slot));
        if (found == slots.end() || found->second.get() != &slot) {
            return;
        }
        removed = std::move(found->second);
        slots.erase(found);
        for (Line& line : lines_) {
            if (line.built && line.type->is_a(slot_type)) {
                try {
                    refresh(line, garbage);
                } catch (const std::bad_alloc&) {
                    forget_snapshot(line, topic(*line.type), garbage);
                }
            }
        }
    }
    garbage.retire_now();
    if (ended_) {
        ended_(slot);
    }
}

void Topics::add(std::shared_ptr<EventTaker> taker) {
    Garbage garbage;
    {
        const std::lock_guard lock{mutex_};
        takers_.push_back(taker);
        refresh_where([&](const EventType& type) { return taker->takes(type); }, garbage);
    }
    garbage.retire_now();
}

void Topics::remove(const EventTaker& taker) {
    Garbage garbage;
    std::shared_ptr<EventTaker> removed;
    {
        const std::lock_guard lock{mutex_};
        const auto found = std::find_if(takers_.begin(), takers_.end(),
                                        [&](const auto& t) { return t.get() == &taker; });
        if (found == takers_.end()) {
            return;
        }
        removed = std::move(*found);
        takers_.erase(found);
        refresh_where([&](const EventType& type) { return taker.takes(type); }, garbage);
    }
    garbage.retire_now();
    reclaim();
}

bool Topics::has_handlers(const EventType& type) {
    const std::lock_guard lock{mutex_};
    const std::vector<HandlerSlot*> slots = slots_for(type);
    return std::any_of(slots.begin(), slots.end(), [](const HandlerSlot* slot) {
        return (slot->flags & HandlerSlot::ended) == 0;
    });
}

std::vector<HandlerDescription> Topics::handlers() {
    const std::lock_guard lock{mutex_};
    std::vector<HandlerDescription> result;
    for (const Line& line : lines_) {
        for (const auto& [place, slot] : line.slots) {
            if ((slot->flags & HandlerSlot::ended) == 0) {
                result.push_back(describe(*slot));
            }
        }
    }
    return result;
}

void Topics::close() noexcept {
    Garbage garbage;
    std::vector<std::shared_ptr<EventTaker>> takers; // destroyed after the lock
    {
        const std::lock_guard lock{mutex_};
        takers.swap(takers_);
        for (Line& line : lines_) {
            if (line.built) {
                forget_snapshot(line, topic(*line.type), garbage);
            }
        }
    }
    garbage.retire_now();
    while (SlotRef slot = take_any()) {
        // A slot that has ended already is finished elsewhere.
        if ((slot->flags.fetch_or(HandlerSlot::ended) & HandlerSlot::ended) == 0) {
            finish_ending(slot);
        }
    }
    reclaim();
}

SlotRef Topics::take_any() noexcept {
    Garbage garbage; // retired after the lock
    const std::lock_guard lock{mutex_};
    for (Line& line : lines_) {
        if (!line.slots.empty()) {
            const auto last = std::prev(line.slots.end());
            SlotRef slot = last->second;
            line.slots.erase(last);
            // Threads that still publish may have made a snapshot since, which would hold the slot
            // for ever.
            for (Line& other : lines_) {
                if (other.built && other.type->is_a(*line.type)) {
                    forget_snapshot(other, topic(*other.type), garbage);
                }
            }
            return slot;
        }
    }
    return {};
}

} // namespace bus::detail
