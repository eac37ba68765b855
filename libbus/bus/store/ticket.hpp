#pragma once

#include <bus/store/records.hpp>

#include <exception>
#include <memory>
#include <optional>

namespace bus {

/// The promise of a post: resolves at the commit. May be dropped, and may outlive the bus. In a
/// child of fork() each call throws std::logic_error.
class Ticket {
public:
    struct State;

    explicit Ticket(std::shared_ptr<State> state) : state_{std::move(state)} {}

    /// Waits for the commit and returns the event's position (0 without a store). Throws what kept
    /// it from being stored: StoreError, VersionConflict, IdConflict.
    Position wait();
    /// The same without waiting; none: not committed yet.
    [[nodiscard]] std::optional<Position> poll();
    /// Waits; returns why the event was not stored, null where it was.
    std::exception_ptr error();

private:
    std::shared_ptr<State> state_;
};

} // namespace bus
