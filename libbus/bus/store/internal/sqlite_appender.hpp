#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/broken_chains.hpp>
#include <bus/store/internal/sqlite_agent_tables.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>
#include <bus/store/internal/sqlite_names.hpp>
#include <bus/store/internal/sqlite_reader.hpp>
#include <bus/store/internal/stream_heads.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bus::sqlite {

/// All that is written to a store, over the one writing connection. Not thread safe.
///
/// There are no savepoints: whatever can be seen before is, then a part's events are written, which
/// can still be refused; those of a refused part are the newest of the log and are deleted again.
class Appender {
public:
    /// `max_value_bytes`: a part with a longer text is refused.
    Appender(Connection& connection, std::size_t max_value_bytes);

    /// EventStore::commit.
    std::vector<PartResult> commit(std::span<const Part> parts, bool durable);

    /// EventStore::prune.
    std::size_t prune(Position through, std::size_t limit);
    /// EventStore::prune_requests.
    std::size_t prune_requests(Timestamp before, std::size_t limit);
    /// EventStore::prune_streams.
    std::size_t prune_streams(Timestamp before, std::size_t limit);
    /// EventStore::forget.
    bool forget(std::string_view agent, const std::optional<RequestAnswer>& answer);
    /// EventStore::rename_agent.
    bool rename_agent(std::string_view from, std::string_view to, const RequestRecord& trace);

    [[nodiscard]] Position last_position() const noexcept { return last_; }

private:
    std::vector<PartResult> write_parts(std::span<const Part> parts, bool durable);
    void set_synchronous(bool full);
    void restore_caches();
    [[nodiscard]] LogRow log_now() const;

    void note_stored(Timestamp now);
    PartResult write_part(const Part& part);
    [[nodiscard]] std::exception_ptr refusal(const Part& part);
    void append(const Part& part, PartResult& result);
    PartResult::Place append(const NewEvent& event);
    [[nodiscard]] std::optional<PartResult::Place> kept_place(const EventRecord& record);
    void take_back(Position after);
    [[nodiscard]] std::uint64_t head(std::int64_t type, std::string_view id);

    Connection& connection_;
    std::size_t max_value_bytes_;
    Reader reader_;
    LogTable log_table_;
    LogRow log_;              ///< what is not in last_ and agents_ of it
    Position last_;           ///< the newest position, that of an open transaction included
    Position committed_last_; ///< the newest committed one
    bool synchronous_full_ = true;
    /// The disk may not have all that was committed, by an earlier process either.
    bool unsynced_ = true;
    internal::StreamHeads heads_;
    NameIds names_;
    AgentTables agents_;
    internal::BrokenChains chains_;
    /// Streams may live on whose events are all gone: only then are their versions looked for.
    bool pruned_;

    Statement insert_event_;
    Statement delete_events_;
    Statement head_;
    Statement pruned_head_;
    Statement note_stored_;
    std::optional<Timestamp> noted_; ///< when the newest note of stored positions was made
    bool noting_ = false;            ///< the open transaction has a note of its own
};

} // namespace bus::sqlite
