#pragma once

#include <bus/store/records.hpp>

#include <optional>

namespace bus::internal {

/// Notes when which position was stored: at most one a minute, of the first position that was
/// stored in that minute. docs/decisions/0031-retention.md
struct StoredTime {
    Position position = 0;
    Timestamp at{}; ///< as the clock said
    friend bool operator==(const StoredTime&, const StoredTime&) = default;
};

/// The note that what is stored at `now` needs after one of `last`; none: none, for no other minute
/// has begun, in whichever direction the clock went. Where `now` is not known (Timestamp{}) the
/// note is one that nobody believes, so that no minute seems to last until the next one.
[[nodiscard]] std::optional<Timestamp> next_note(const std::optional<Timestamp>& last,
                                                 Timestamp now) noexcept;

/// EventStore::last_stored_before, from notes that are added in order of position.
class StoredBefore {
public:
    StoredBefore(Timestamp time, Timestamp now) noexcept : time_{time}, now_{now} {}

    void add(const StoredTime& note) noexcept;
    /// `last`: the newest position.
    [[nodiscard]] Position through(Position last) noexcept;

private:
    Timestamp time_;
    Timestamp now_;
    Timestamp reached_ = Timestamp::min(); ///< by a clock that never goes back
    Position through_ = 0;
    bool whole_minute_ = false; ///< all up to the next note was stored in time
};

} // namespace bus::internal
