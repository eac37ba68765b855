#include <bus/event/codec.hpp>
#include <bus/store/event_store.hpp>
#include <bus/testing/recorder.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>

namespace bus::testing {

namespace {

constexpr std::size_t page_size = 1000;

Recorded recorded_from(const StoredEvent& stored) {
    return {.position = stored.position,
            .record = stored.record,
            .event = stored.event ? stored.event : decode(stored.record)};
}

} // namespace

/// The events that are not read from the store, in the order in which the recorder got them.
struct Recorder::Heard {
    struct Entry {
        Position after; ///< the last position of the log at that time
        Recorded recorded;
    };

    std::mutex mutex;
    Position begin = 0; ///< events after this position are read from the store
    std::vector<Entry> entries;
};

Recorder::Recorder(Bus& bus) : store_{bus.store()}, heard_{std::make_shared<Heard>()} {
    heard_->begin = store_ != nullptr ? store_->last_position() : 0;
    listen(bus);
}

Recorder::Recorder(Bus& bus, Position after)
    : store_{bus.store()}, heard_{std::make_shared<Heard>()} {
    if (store_ == nullptr) {
        throw std::logic_error{"a recorder can begin in the past only on a store, and this bus has "
                               "none: leave the position out, or give the bus a store"};
    }
    heard_->begin = after;
    listen(bus);
}

Recorder::~Recorder() = default;

void Recorder::listen(Bus& bus) {
    // It runs before all other handlers: what these publish must come after this event.
    SubscribeOptions options{.priority = std::numeric_limits<int>::max(),
                             .name = "bus::testing::Recorder"};
    subscription_ = bus.subscribe<DomainEvent>(
        [heard = heard_, store = store_](const DomainEvent& event) {
            Recorded recorded{.record = encode(event), .event = event.type().copy(event)};
            const Position after = store != nullptr ? store->last_position() : 0;
            const std::lock_guard lock{heard->mutex};
            heard->entries.push_back({after, std::move(recorded)});
        },
        [kept = store_ != nullptr](const DomainEvent& event) {
            return !kept || event.type().durability() == Durability::transient;
        },
        std::move(options));
}

std::vector<Recorded> Recorder::all() const {
    const std::unique_lock lock{heard_->mutex};
    return read({heard_->begin, 0});
}

Recorder::Mark Recorder::here() const {
    const std::unique_lock lock{heard_->mutex};
    return {store_ != nullptr ? store_->last_position() : 0, heard_->entries.size()};
}

std::vector<Recorded> Recorder::since(const Mark& mark) const {
    const std::unique_lock lock{heard_->mutex};
    return read({std::max(mark.position, heard_->begin), mark.heard});
}

/// Called with the lock held.
std::vector<Recorded> Recorder::read(const Mark& after) const {
    std::vector<Recorded> result;
    const std::vector<Heard::Entry>& entries = heard_->entries;
    auto next =
        entries.begin() + static_cast<std::ptrdiff_t>(std::min(after.heard, entries.size()));
    const auto take_heard_before = [&](Position position) {
        for (; next != entries.end() && next->after < position; ++next) {
            result.push_back(next->recorded);
        }
    };
    Position last = after.position;
    while (store_ != nullptr) {
        const std::vector<StoredEvent> page = store_->read(last, page_size);
        for (const StoredEvent& event : page) {
            take_heard_before(event.position);
            result.push_back(recorded_from(event));
            last = event.position;
        }
        if (page.size() < page_size) {
            break;
        }
    }
    take_heard_before(std::numeric_limits<Position>::max());
    return result;
}

std::optional<Recorded> Recorder::cause_of(const DomainEvent& event) const {
    if (event.causation_id.is_nil()) {
        return std::nullopt;
    }
    if (store_ != nullptr) {
        if (const auto stored = store_->find(event.causation_id)) {
            return recorded_from(*stored);
        }
    }
    const std::vector<Recorded> recorded = all();
    const auto found = std::find_if(recorded.begin(), recorded.end(), [&](const Recorded& one) {
        return one.record.event_id == event.causation_id;
    });
    return found != recorded.end() ? std::optional{*found} : std::nullopt;
}

std::vector<Recorded> Recorder::caused_by(const DomainEvent& event) const {
    std::vector<Recorded> recorded = all();
    std::erase_if(recorded,
                  [&](const Recorded& one) { return one.record.causation_id != event.event_id; });
    return recorded;
}

void Recorder::clear() {
    const Position end = store_ != nullptr ? store_->last_position() : 0;
    const std::lock_guard lock{heard_->mutex};
    heard_->begin = end;
    heard_->entries.clear();
}

} // namespace bus::testing
