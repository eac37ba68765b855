#pragma once

#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/internal/sqlite_connection.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bus::sqlite {

/// How far the agents are, kept in memory by the writer: however many parts of an agent are in one
/// commit, its row and the ranges that differ are written once. Not thread safe.
class ProgressTable {
public:
    explicit ProgressTable(Connection& connection);

    /// What is known of a registered agent; nullptr: there is no such one.
    internal::AgentProgress* find(std::int64_t agent);
    /// Registers an agent unless it is, and returns what is known of it.
    internal::AgentProgress& start(std::int64_t agent, Position start);
    /// What find() returned will change, or has changed.
    void touch(std::int64_t agent);

    /// So many rows of state are there more, or fewer; nothing where the agent is not registered.
    void count_states(std::int64_t agent, std::int64_t more);

    /// Writes what was touched, into the open transaction. Returns by how much the sum of the
    /// checksums of all rows has changed.
    std::int64_t flush();
    /// What was flushed is committed.
    void committed();
    /// It is not: what was touched is forgotten.
    void rolled_back();

    /// Forgets what it knows, outside of a transaction: others have written.
    void clear() { entries_.clear(); }

private:
    struct Entry {
        internal::AgentProgress now;
        internal::AgentProgress stored; ///< as the last commit left it
        std::uint64_t states = 0;       ///< rows of state
        std::int64_t checksum = 0;      ///< of the row as it is in the store
        bool touched = false;
    };

    void load_ranges(std::int64_t agent, internal::AgentProgress& progress);
    std::uint64_t states_of(std::int64_t agent);
    void write(std::int64_t agent, Entry& entry);
    void write_row(std::int64_t agent, Entry& entry);

    Connection& connection_;
    std::unordered_map<std::int64_t, Entry> entries_;
    std::vector<std::int64_t> touched_;
    Statement load_;
    Statement load_ranges_;
    Statement states_;
    Statement put_;
    Statement put_range_;
    Statement erase_range_;
};

} // namespace bus::sqlite
