#pragma once

#include <bus/store/event_store.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bus::internal {

/// The events of a MemoryStore, with indexes to find them. Not thread safe.
class MemoryLog {
public:
    [[nodiscard]] Position last() const noexcept { return first_ + events_.size() - 1; }

    /// The position of the oldest event in the log; the next position if the log is empty.
    [[nodiscard]] Position first() const noexcept { return first_; }

    /// Appends an event at the next position. Throws VersionConflict and IdConflict.
    PartResult::Place append(const NewEvent& event);
    /// Removes all events after a position, as if they had never existed.
    void truncate(Position last);
    /// Removes at most `limit` of the oldest events, up to and including a position. Positions and
    /// stream versions go on.
    std::size_t prune(Position through, std::size_t limit);

    [[nodiscard]] std::vector<StoredEvent> read(Position after, std::size_t limit) const;
    [[nodiscard]] std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                                     std::size_t limit) const;
    [[nodiscard]] std::vector<StoredEvent> read_execution(std::string_view execution_id,
                                                          Position after, std::size_t limit) const;
    [[nodiscard]] std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                                       std::string_view aggregate_id,
                                                       std::uint64_t after_version,
                                                       std::size_t limit) const;
    [[nodiscard]] std::optional<StoredEvent> find(const Uuid& event_id) const;
    [[nodiscard]] Position last_before(Timestamp time) const;
    [[nodiscard]] std::vector<EventCount> count(Position after) const;
    [[nodiscard]] Position first_dated_from(Timestamp time, Position after) const;
    /// Forgets at most `limit` of the streams that have no events and whose last event occurred
    /// before a time.
    std::size_t prune_streams(Timestamp before, std::size_t limit);

private:
    /// The positions of events, ascending, by a common key.
    template <class Key>
    using Index = std::map<Key, std::vector<Position>, std::less<>>;
    using StreamView = std::pair<std::string_view, std::string_view>;

    struct StreamLess {
        using is_transparent = void;

        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return StreamView{a.first, a.second} < StreamView{b.first, b.second};
        }
    };

    struct Stream {
        std::vector<Position> positions{}; ///< of the newest versions; the older ones are pruned
        std::uint64_t head = 0;            ///< version of the newest event that there ever was
        Timestamp ended_at{};              ///< time of that event, after it was pruned
    };

    [[nodiscard]] const StoredEvent& at(Position position) const {
        return events_[position - first_];
    }

    [[nodiscard]] std::vector<StoredEvent> page(const std::vector<Position>& positions,
                                                std::size_t skip, std::size_t limit) const;
    [[nodiscard]] std::vector<StoredEvent> page_after(const std::vector<Position>& positions,
                                                      Position after, std::size_t limit) const;
    static void forget_through(Index<std::string>& index, std::string_view key, Position cut);

    Position first_ = 1;
    std::deque<StoredEvent> events_; ///< the event at position p is at index p - first_
    std::unordered_map<Uuid, Position> by_id_;
    Index<std::string> by_type_;
    Index<std::string> by_execution_;
    std::map<std::pair<std::string, std::string>, Stream, StreamLess> streams_;
};

} // namespace bus::internal
