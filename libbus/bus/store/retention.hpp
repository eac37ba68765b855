#pragma once

#include <bus/store/event_store.hpp>

#include <optional>
#include <string>

/// Which part of a log is old enough to be removed: docs/decisions/0031-retention.md
namespace bus {

/// The oldest events that are older than a given time.
struct AgedEvents {
    Position through = 0; ///< position of the last of them; 0: there are none
    /// The first of them that was stored before that time although its own time is later; 0: none.
    Position misdated = 0;
};

/// Finds the oldest events of the log, up to the first one that is not older than `before`. An
/// event is older if its own time is before that time, or if the store has noted that it was stored
/// before that time. `now` is the time of the clock.
[[nodiscard]] AgedEvents aged_events(EventStore& store, Timestamp before, Timestamp now);

/// An agent that still needs events that are to be pruned.
struct PruneObstacle {
    std::string agent{};       ///< name of the agent
    Position free_through = 0; ///< it needs no event up to here
    std::string why{};         ///< "is done with those up to 12 only"
};

/// The agent that holds back most of the events up to `through`; none: all of them can be pruned.
[[nodiscard]] std::optional<PruneObstacle> prune_obstacle(EventStore& store, Position through);

} // namespace bus
