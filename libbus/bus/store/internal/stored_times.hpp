#pragma once

#include <bus/store/records.hpp>

#include <optional>

namespace bus::internal {

/// A note of when a position was stored. There is at most one note a minute, for the first position
/// that was stored in that minute. docs/decisions/0031-retention.md
struct StoredTime {
    Position position = 0;
    Timestamp at{}; ///< time of the clock
    friend bool operator==(const StoredTime&, const StoredTime&) = default;
};

/// The note that is needed when something is stored at `now` and the last note is `last`. None if
/// the minute is the same; it does not matter whether the clock went forward or back. If `now` is
/// unknown (Timestamp{}), the note is one that is never believed, so that the minute before it does
/// not seem to last until the next note.
[[nodiscard]] std::optional<Timestamp> next_note(const std::optional<Timestamp>& last,
                                                 Timestamp now) noexcept;

/// Computes EventStore::last_stored_before from notes that are added in order of position.
class StoredBefore {
public:
    StoredBefore(Timestamp time, Timestamp now) noexcept : time_{time}, now_{now} {}

    void add(const StoredTime& note) noexcept;
    /// The result. `last` is the newest position.
    [[nodiscard]] Position through(Position last) noexcept;

private:
    Timestamp time_;
    Timestamp now_;
    Timestamp reached_ = Timestamp::min(); ///< latest time so far, as a clock that never goes back
    Position through_ = 0;
    bool whole_minute_ = false; ///< everything up to the next note was stored in time
};

} // namespace bus::internal
