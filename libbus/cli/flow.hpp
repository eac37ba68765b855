#pragma once

#include <bus/store/event_store.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bus::cli {

/// What to read, and how much of it.
struct FlowOptions {
    std::string execution;    ///< its id, or the position or event_id of an event of it
    std::string stream;       ///< TYPE/ID: that of its first event, instead
    std::size_t limit = 1000; ///< the most events; 0: all
    bool data = false;        ///< for people: with the data of each event
};

/// Everything that the store has of one execution.
struct Flow {
    std::string execution;
    std::vector<StoredEvent> events{}; ///< by position
    bool cut = false;                  ///< there are more than the limit
    std::multimap<Position, DeliveryRecord> deliveries{};
    std::multimap<Position, RequestRecord> requests{}; ///< those that name one of the events
    std::vector<TimerRecord> timers{};
    std::multimap<Uuid, const StoredEvent*> effects{}; ///< by cause
};

/// Reads it. Throws NotFound where the store has no such execution; StoreError.
Flow read_flow(EventStore& store, const FlowOptions& options);

} // namespace bus::cli
