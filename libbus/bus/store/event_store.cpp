#include <bus/store/event_store.hpp>

#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <map>

namespace bus {

namespace {

constexpr std::size_t events_at_once = 1000;

using TypeAndVersion = std::pair<std::string, std::uint32_t>;

} // namespace

const char* to_text(DeliveryState state) noexcept {
    return boost::describe::enum_to_string(state, "unknown");
}

VersionConflict::VersionConflict(const std::string& stream, std::uint64_t expected,
                                 std::uint64_t actual)
    : std::runtime_error{"stream " + stream + " is at version " + std::to_string(actual) +
                         ", not at the expected " + std::to_string(expected) +
                         "; nothing was appended: read the stream again, and decide again"},
      expected_{expected},
      actual_{actual} {}

IdConflict::IdConflict(const Uuid& event_id)
    : std::runtime_error{"event " + to_text(event_id) +
                         " is stored already with other content; nothing was appended: give a "
                         "changed event a new id"} {}

BrokenChain::BrokenChain(const std::string& agent)
    : std::runtime_error{"an earlier part of the same chain of agent '" + agent +
                         "' was not stored, so this one was not stored either: begin a new chain "
                         "from what the store holds"} {}

TimerGone::TimerGone(std::uint64_t number)
    : std::runtime_error{"timer " + std::to_string(number) +
                         " has fired or was cancelled; nothing was stored"} {}

std::size_t EventStore::read_each(Position after, std::size_t limit, const OnEvent& use) {
    std::vector<StoredEvent> events = read(after, limit);
    for (StoredEvent& event : events) {
        use(event);
    }
    return events.size();
}

std::uint64_t EventStore::count_timers() {
    std::uint64_t count = 0;
    std::vector<TimerRecord> page;
    do {
        page = page.empty() ? timers(Timestamp::min(), 0, events_at_once)
                            : timers(page.back().due, page.back().number, events_at_once);
        count += page.size();
    } while (page.size() == events_at_once);
    return count;
}

std::vector<EventCount> EventStore::count_events(Position after) {
    std::map<TypeAndVersion, std::uint64_t> counts;
    std::size_t found = 0;
    do {
        found = read_each(after, events_at_once, [&](const StoredEvent& event) {
            after = event.position;
            ++counts[{event.record.event_type, event.record.event_version}];
        });
    } while (found == events_at_once);
    std::vector<EventCount> result;
    result.reserve(counts.size());
    for (const auto& [type, events] : counts) {
        result.push_back({type.first, type.second, events});
    }
    return result;
}

std::vector<WaitingCount> EventStore::count_waiting(std::string_view agent) {
    std::map<TypeAndVersion, WaitingCount> counts;
    for (const DeliveryBrief& brief : delivery_briefs(agent)) {
        const std::vector<StoredEvent> event = read(brief.position - 1, 1);
        if (event.empty() || event.front().position != brief.position) {
            continue; // verify() reports it
        }
        const EventRecord& record = event.front().record;
        WaitingCount& count = counts[{record.event_type, record.event_version}];
        switch (brief.state) {
        case DeliveryState::deferred:
            ++count.deferred;
            count.newer += brief.due == due_in_newer_program ? 1U : 0U;
            break;
        case DeliveryState::parked: ++count.parked; break;
        case DeliveryState::dead: ++count.dead; break;
        }
    }
    std::vector<WaitingCount> result;
    result.reserve(counts.size());
    for (auto& [type, count] : counts) {
        count.event_type = type.first;
        count.event_version = type.second;
        result.push_back(std::move(count));
    }
    return result;
}

bool is_store_lost(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const StoreLost&) {
        return true;
    } catch (...) {
        return false;
    }
}

std::vector<RequestRecord> EventStore::newest_requests(std::uint64_t before, std::size_t limit,
                                                       bool open_only) {
    std::vector<RequestRecord> found = requests(0, unlimited, open_only);
    if (before != 0) {
        std::erase_if(found,
                      [&](const RequestRecord& request) { return request.number >= before; });
    }
    std::reverse(found.begin(), found.end());
    found.resize(std::min(found.size(), limit));
    return found;
}

std::size_t EventStore::prune_requests(Timestamp /*before*/, std::size_t /*limit*/) {
    throw StoreError{description() + " cannot remove requests"};
}

Position EventStore::first_dated_from(Timestamp time, Position after) {
    constexpr std::size_t page = 1000;
    for (;;) {
        const std::vector<StoredEvent> events = read(after, page);
        const auto found = std::find_if(events.begin(), events.end(), [time](const StoredEvent& e) {
            return e.record.occurred_at >= time;
        });
        if (found != events.end()) {
            return found->position;
        }
        if (events.size() < page) {
            return 0;
        }
        after = events.back().position;
    }
}

Position EventStore::last_stored_before(Timestamp /*time*/, Timestamp /*now*/) {
    return 0;
}

bool EventStore::rename_agent(std::string_view from, std::string_view to,
                              const RequestRecord& /*trace*/) {
    throw StoreError{"cannot rename agent " + std::string{from} + " to " + std::string{to} + ": " +
                     description() + " does not rename agents"};
}

std::size_t EventStore::prune_streams(Timestamp /*before*/, std::size_t /*limit*/) {
    throw StoreError{description() + " cannot forget streams"};
}

} // namespace bus
