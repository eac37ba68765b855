#pragma once

#include <bus/store/event_store.hpp>

#include <optional>
#include <string>

/// What of a log may be removed because of its age: docs/decisions/0031-retention.md
namespace bus {

/// The oldest events, as far as they are older than a time.
struct AgedEvents {
    Position through = 0; ///< the last of them; 0: there is none
    /// The first of them that says it occurred later, but was stored before that time; 0: none.
    Position misdated = 0;
};

/// The events up to the first one that neither occurred before `before`, as it says itself, nor was
/// stored before it, as far as the store has noted that. `now` is what the clock says.
[[nodiscard]] AgedEvents aged_events(EventStore& store, Timestamp before, Timestamp now);

/// An agent that is not done with events that are to be pruned.
struct PruneObstacle {
    std::string agent{};
    Position free_through = 0; ///< it is done with the events up to here
    std::string why{};         ///< "is done with those up to 12 only"
};

/// The agent that keeps most of the events up to a position from being pruned; none: they can be.
[[nodiscard]] std::optional<PruneObstacle> prune_obstacle(EventStore& store, Position through);

} // namespace bus
