#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>

#include <algorithm>
#include <new>

namespace bus::detail {

namespace {

/// Priority, then registration.
bool runs_before(const HandlerSlot& a, const HandlerSlot& b) noexcept {
    return a.info->priority != b.info->priority ? a.info->priority > b.info->priority
                                                : a.info->order < b.info->order;
}

/// What has left its topics. It is retired on every way out, never just freed: publishes may run
/// it.
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

Topics::Topics(Dispatcher::Ended ended) : ended_{std::move(ended)} {
    std::fill(near_.begin(), near_.end(), &Snapshot::none());
}

Topics::Farther::Farther() {
    std::fill(topics.begin(), topics.end(), &Snapshot::none());
}

Topics::~Topics() {
    // What a destructor of the host's has subscribed while close() ended the rest.
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

Topics::Line& Topics::line(const EventType& type) {
    if (lines_.size() <= type.index()) {
        lines_.resize(type.index() + 1);
    }
    Line& line = lines_[type.index()];
    line.type = &type;
    return line;
}

void Topics::build(const EventType& type) {
    Garbage garbage;
    {
        const std::lock_guard lock{mutex_};
        if (line(type).built) {
            return;
        }
        rebuild(type, garbage);
        line(type).built = true; // only now: where that throws, the next publish tries again
    }
    garbage.retire_now();
}

/// The slots of the type and of its bases, merged into the order of calls.
std::vector<HandlerSlot*> Topics::slots_for(const EventType& type) {
    std::vector<HandlerSlot*> merged;
    bool in_order = true;
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        if (t->index() >= lines_.size() || lines_[t->index()].slots.empty()) {
            continue;
        }
        in_order = merged.empty();
        for (const SlotRef& slot : lines_[t->index()].slots) {
            merged.push_back(slot.get());
        }
    }
    if (!in_order) {
        std::sort(merged.begin(), merged.end(),
                  [](const auto* a, const auto* b) { return runs_before(*a, *b); });
    }
    return merged;
}

void Topics::rebuild(const EventType& type, SnapshotList& garbage) {
    std::vector<std::shared_ptr<EventTaker>> takers;
    std::copy_if(takers_.begin(), takers_.end(), std::back_inserter(takers),
                 [&](const auto& taker) { return taker->takes(type); });
    Snapshot::Owner made = Snapshot::make(*this, slots_for(type), std::move(takers));
    garbage.push(Snapshot::Owner{topic(type).exchange(made.release())});
}

template <class Affected>
void Topics::rebuild_where(Affected affected, SnapshotList& garbage) {
    for (const Line& line : lines_) {
        if (line.built && affected(*line.type)) {
            rebuild(*line.type, garbage);
        }
    }
}

void Topics::add(const SlotRef& slot) {
    Garbage garbage;
    {
        const std::lock_guard lock{mutex_};
        HandlerSlot::Info& info = *slot->info;
        Line& of_type = line(*info.type);
        info.topics = weak_from_this();
        info.order = ++subscriptions_;
        ++of_type.subscriptions;
        if (!info.named) {
            info.name = "handler " + std::to_string(of_type.subscriptions) + " of " +
                        std::string{info.type->name()};
        }
        const auto place = std::upper_bound(
            of_type.slots.begin(), of_type.slots.end(), slot,
            [](const SlotRef& a, const SlotRef& b) { return runs_before(*a, *b); });
        const auto at = of_type.slots.insert(place, slot);
        try {
            if (!of_type.built) {
                rebuild(*info.type, garbage);
                of_type.built = true;
            }
            rebuild_where([&](const EventType& type) { return type.is_a(*info.type); }, garbage);
        } catch (...) {
            slot->flags |= HandlerSlot::ended; // in some snapshots, perhaps
            of_type.slots.erase(at);
            throw;
        }
    }
    garbage.retire_now();
}

void Topics::remove(HandlerSlot& slot) noexcept {
    Garbage garbage;
    SlotRef removed; // the last reference may go with it: not under the lock
    try {
        const std::lock_guard lock{mutex_};
        const EventType& slot_type = *slot.info->type;
        auto& slots = line(slot_type).slots;
        const auto found = std::find_if(slots.begin(), slots.end(),
                                        [&](const SlotRef& s) { return s.get() == &slot; });
        if (found == slots.end()) {
            return;
        }
        removed = std::move(*found);
        slots.erase(found);
        rebuild_where([&](const EventType& type) { return type.is_a(slot_type); }, garbage);
    } catch (const std::bad_alloc&) {
        // The old snapshot still has it, as ended.
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
        rebuild_where([&](const EventType& type) { return taker->takes(type); }, garbage);
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
        rebuild_where([&](const EventType& type) { return taker.takes(type); }, garbage);
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
        for (const SlotRef& slot : line.slots) {
            if ((slot->flags & HandlerSlot::ended) == 0) {
                result.push_back(describe(*slot));
            }
        }
    }
    return result;
}

void Topics::close() noexcept {
    Garbage garbage;
    std::vector<std::shared_ptr<EventTaker>> takers; // go without the lock
    {
        const std::lock_guard lock{mutex_};
        takers.swap(takers_);
        for (Line& line : lines_) {
            if (line.built) {
                garbage.push(Snapshot::Owner{topic(*line.type).exchange(&Snapshot::none())});
            }
            line.built = false;
        }
    }
    garbage.retire_now();
    while (SlotRef slot = take_any()) {
        // One that has ended already is somebody else's to finish.
        if ((slot->flags.fetch_or(HandlerSlot::ended) & HandlerSlot::ended) == 0) {
            finish_ending(slot);
        }
    }
    reclaim();
}

SlotRef Topics::take_any() noexcept {
    const std::lock_guard lock{mutex_};
    for (Line& line : lines_) {
        if (!line.slots.empty()) {
            SlotRef last = std::move(line.slots.back());
            line.slots.pop_back();
            return last;
        }
    }
    return {};
}

} // namespace bus::detail
