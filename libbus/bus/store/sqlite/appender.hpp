#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/broken_chains.hpp>
#include <bus/store/internal/stream_heads.hpp>
#include <bus/store/sqlite/agent_tables.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/names.hpp>
#include <bus/store/sqlite/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bus::sqlite {

/// Writes everything in a store, over the only writing connection. Not thread safe.
///
/// There are no savepoints. All refusals that can be found in advance come first. Then the events
/// of the part are written, which may still be refused; since the events of a refused part are the
/// newest ones of the log, they are deleted again.
class Appender {
public:
    /// `max_value_bytes`: if a part has a longer text, it is refused.
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

    /// The newest position, including the open transaction.
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
    LogRow log_;              ///< without its last position and the counts of agents_
    Position last_;           ///< the newest position, including the open transaction
    Position committed_last_; ///< the newest committed position
    bool synchronous_full_ = true;
    /// True: the disk may not have everything that was committed, also by an earlier process.
    bool unsynced_ = true;
    internal::StreamHeads heads_;
    NameIds names_;
    AgentTables agents_;
    internal::BrokenChains chains_;
    /// There may be streams whose events are all pruned. Only then are their versions looked up.
    bool pruned_;

    Statement insert_event_;
    Statement delete_events_;
    Statement head_;
    Statement pruned_head_;
    Statement note_stored_;
    std::optional<Timestamp> noted_; ///< time of the newest note of stored positions
    bool noting_ = false;            ///< the open transaction contains a new note
};

} // namespace bus::sqlite
