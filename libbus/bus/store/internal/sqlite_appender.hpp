#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_reader.hpp>
#include <bus/store/internal/stream_heads.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::sqlite {

/// All that is written to a store, over the one writing connection. Not thread safe.
///
/// There are no savepoints: a part's events are written first, and only they can be refused; what
/// was written of a refused part is the newest of the log and is deleted again.
class Appender {
public:
    /// `max_value_bytes`: a part with a longer text is refused.
    Appender(Connection& connection, std::size_t max_value_bytes);

    /// EventStore::commit.
    std::vector<PartResult> commit(std::span<const Part> parts, bool durable);

    [[nodiscard]] Position last_position() const noexcept { return last_; }

private:
    void set_synchronous(bool full);
    void restore_caches();

    PartResult write_part(const Part& part);
    [[nodiscard]] std::exception_ptr refusal(const Part& part);
    void append(const Part& part, PartResult& result);
    PartResult::Place append(const NewEvent& event);
    [[nodiscard]] std::optional<PartResult::Place> kept_place(const EventRecord& record);
    void take_back(Position after);
    [[nodiscard]] std::uint64_t head(std::int64_t type, std::string_view id);

    void write_agent(const Part& part);
    void put(const DeliveryRecord& delivery);
    std::vector<DeliveryRecord> redrive(const Part& part);
    /// Where the agent stands; none: it has no record.
    [[nodiscard]] std::optional<Position> checkpoint(std::string_view agent);

    std::int64_t name_id(std::string_view name);

    Connection& connection_;
    std::size_t max_value_bytes_;
    Reader reader_;
    Position last_;           ///< the newest position, that of an open transaction included
    Position committed_last_; ///< the newest committed one
    bool synchronous_full_ = true;
    /// The disk may not have all that was committed, by an earlier process either.
    bool unsynced_ = true;
    internal::StreamHeads heads_;
    std::unordered_map<std::string, std::int64_t> names_;
    std::string key_; ///< reused: the look-up of a name allocates nothing

    Statement insert_event_;
    Statement delete_events_;
    Statement head_;
    Statement find_name_;
    Statement insert_name_;
    Statement set_last_position_;
    Statement start_agent_;
    Statement move_agent_;
    Statement checkpoint_;
    Statement put_delivery_;
    Statement erase_delivery_;
    Statement put_state_;
    Statement erase_state_;
};

} // namespace bus::sqlite
