#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::sqlite {

/// Reads the log and the timers over one connection. The functions are those of EventStore. Each
/// call is one statement, and so one snapshot, and leaves no cursor open. Not thread safe.
class Reader {
public:
    explicit Reader(Connection& connection);

    Position last_position();
    std::vector<StoredEvent> read(Position after, std::size_t limit);
    std::size_t read_each(Position after, std::size_t limit, const EventStore::OnEvent& use);
    std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                       std::size_t limit);
    std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                            std::size_t limit);
    std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                         std::string_view aggregate_id, std::uint64_t after_version,
                                         std::size_t limit);
    std::optional<StoredEvent> find(const Uuid& event_id);
    Position first_position();
    Position last_before(Timestamp time);
    Position first_dated_from(Timestamp time, Position after);
    Position last_stored_before(Timestamp time, Timestamp now);
    std::vector<TimerRecord> timers(Timestamp after_due, std::uint64_t after_number,
                                    std::size_t limit);
    std::uint64_t last_timer();
    std::uint64_t count_timers();
    std::vector<EventCount> count_events(Position after);

    /// Forgets the cached names. To be called after a rollback on the connection.
    void forget_names() { names_.clear(); }

private:
    StoredEvent event(const Statement::Run& run);
    void take(const Statement::Run& run, StoredEvent& event);
    std::vector<StoredEvent> events(Statement::Run run, std::size_t limit);
    const std::string& name(std::int64_t id);

    const Connection& connection_;
    std::unordered_map<std::int64_t, std::string> names_; ///< names never change after their commit
    Statement last_position_;
    Statement page_;
    Statement page_of_type_;
    Statement page_of_execution_;
    Statement page_of_stream_;
    Statement by_id_;
    Statement name_;
    Statement first_position_;
    Statement last_before_;
    Statement first_dated_from_;
    Statement stored_times_;
    Statement timers_;
    Statement last_timer_;
    Statement count_timers_;
    Statement count_events_;
};

} // namespace bus::sqlite
