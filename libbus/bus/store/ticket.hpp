#pragma once

#include <bus/store/records.hpp>

#include <exception>
#include <memory>
#include <optional>

namespace bus {

/// The result of a post: resolves when the event is committed. A ticket may be dropped, and may
/// outlive the bus. In a child of fork() every call throws std::logic_error.
class Ticket {
public:
    struct State;

    /// For the bus, which creates tickets.
    explicit Ticket(std::shared_ptr<State> state) : state_{std::move(state)} {}

    /// Waits for the commit and returns the event's position (0 without a store). If the event was
    /// not stored, throws the reason: StoreError, VersionConflict or IdConflict.
    Position wait();
    /// Like wait(), but does not wait: returns none if the event is not committed yet.
    [[nodiscard]] std::optional<Position> poll();
    /// Waits for the commit. Returns the reason if the event was not stored, and null if it was.
    std::exception_ptr error();

private:
    std::shared_ptr<State> state_;
};

} // namespace bus
