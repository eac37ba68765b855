#include <bus/delivery/internal/event_warnings.hpp>
#include <bus/event/event_type.hpp>

namespace bus::internal {

namespace {

/// The most positions that are searched for unknown types when a bus begins; that takes some 50 ms.
constexpr Position most_looked_through = 100'000;

std::string counted(std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string by_state(const WaitingCount& count) {
    return '(' + std::to_string(count.deferred) + " deferred, " + std::to_string(count.parked) +
           " parked, " + std::to_string(count.dead) + " dead)";
}

std::string version_of(const std::string& type, std::uint32_t version) {
    return "version " + std::to_string(version) + " of " + type;
}

const char* const what_newer_ones_do =
    "such events, and those after them in their sequences, wait until a program that knows the "
    "version opens the store";

} // namespace

void EventWarnings::no_handler(const WaitingCount& left, ObserverSink& sink) const {
    const EventType* type = find_event_type(left.event_type);
    const bool known = type != nullptr && type->base() != nullptr;
    sink.on_trouble("agent " + agent_ + " has " +
                    counted(left.deferred + left.parked + left.dead, "unfinished event") + " of " +
                    left.event_type + ' ' + by_state(left) +
                    (known ? ", for which it has no handler any more"
                           : ", a type that this program does not know") +
                    ": they cannot be handled, and each becomes a dead letter when its turn comes; "
                    "bring the handler back and redrive them, or discard them");
}

void EventWarnings::newer(const WaitingCount& waiting, std::uint32_t known, ObserverSink& sink) {
    if (is_first(waiting.event_type, waiting.event_version)) {
        sink.on_trouble(
            "agent " + agent_ + " has " +
            counted(waiting.deferred + waiting.parked + waiting.dead, "unfinished event") + " of " +
            version_of(waiting.event_type, waiting.event_version) + ' ' + by_state(waiting) +
            ", and this program knows version " + std::to_string(known) + ": " +
            what_newer_ones_do);
    }
}

void EventWarnings::newer(const EventRecord& event, std::uint32_t known, ObserverSink& sink) {
    if (is_first(event.event_type, event.event_version)) {
        sink.on_trouble("agent " + agent_ + " was given an event of " +
                        version_of(event.event_type, event.event_version) +
                        ", and this program knows version " + std::to_string(known) + ": " +
                        what_newer_ones_do);
    }
}

bool EventWarnings::is_first(const std::string& type, std::uint32_t version) {
    const std::lock_guard lock{mutex_};
    return reported_.emplace(type, version).second;
}

void report_unknown(EventStore& store, ObserverSink& sink) {
    const Position last = store.last_position();
    const Position after = last > most_looked_through ? last - most_looked_through : 0;
    const std::string where =
        store.description() +
        (after == 0 ? ""
                    : ", in its newest " + std::to_string(most_looked_through) + " positions,");
    std::string types;
    std::string versions;
    for (const EventCount& count : store.count_events(after)) {
        const EventType* type = find_event_type(count.event_type);
        const std::string events = " (" + counted(count.events, "event") + ')';
        if (type == nullptr) {
            types += (types.empty() ? "" : ", ") + count.event_type + events;
        } else if (type->base() != nullptr && count.event_version > type->version()) {
            versions += (versions.empty() ? "" : ", ") +
                        version_of(count.event_type, count.event_version) + events;
        }
    }
    if (!types.empty()) {
        sink.on_trouble(where + " has types of events that this program does not know: " + types +
                        "; agents skip them");
    }
    if (!versions.empty()) {
        sink.on_trouble(where + " has newer versions of events than this program knows: " +
                        versions + "; for agents that handle them, they wait");
    }
}

std::string types_it_may_have_handled(EventStore& store, const AgentRecord& record,
                                      const Agent& agent) {
    std::string unknown;
    std::string before;
    std::uint64_t known = 0;
    for (const EventCount& count : store.count_events(record.start)) {
        const EventType* type = find_event_type(count.event_type);
        if (type != nullptr) {
            known += agent.handler_for(*type) != nullptr ? count.events : 0;
        } else if (count.event_type != before) {
            unknown += (unknown.empty() ? "" : ", ") + count.event_type;
        }
        before = count.event_type;
    }
    const bool sees_all = store.first_position() <= record.start + 1 && record.ahead.empty() &&
                          record.checkpoint == store.last_position();
    return sees_all && record.delivered == known ? std::string{} : unknown;
}

} // namespace bus::internal
