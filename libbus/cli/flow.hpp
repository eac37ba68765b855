#pragma once

#include <bus/store/event_store.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bus::cli {

/// Which execution to read, and how much of it.
struct FlowOptions {
    std::string execution;    ///< its id, or the position or event_id of one of its events
    std::string stream;       ///< instead: TYPE/ID of a stream; its first event decides
    std::size_t limit = 1000; ///< the most events; 0: all
    bool data = false;        ///< print the data of each event, for people
};

/// Everything that the store holds of one execution.
struct Flow {
    std::string execution;
    std::vector<StoredEvent> events{}; ///< by position
    bool cut = false;                  ///< there are more than the limit
    std::multimap<Position, DeliveryRecord> deliveries{};
    std::multimap<Position, RequestRecord> requests{}; ///< the requests about one of the events
    std::vector<TimerRecord> timers{};
    std::multimap<Uuid, const StoredEvent*> effects{}; ///< events by the id of their cause
};

/// Reads an execution. Throws NotFound if the store has no such execution, and StoreError.
Flow read_flow(EventStore& store, const FlowOptions& options);

} // namespace bus::cli
