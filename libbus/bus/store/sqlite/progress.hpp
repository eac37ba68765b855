#pragma once

#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bus::sqlite {

/// The progress of the agents, kept in memory by the writer. If a commit contains many parts of an
/// agent, the agent's row and the changed ranges are still written only once. Not thread safe.
class ProgressTable {
public:
    explicit ProgressTable(Connection& connection);

    /// The progress of a registered agent; nullptr if the agent is not registered.
    internal::AgentProgress* find(std::int64_t agent);
    /// Registers an agent if it is not registered yet, and returns its progress.
    internal::AgentProgress& start(std::int64_t agent, Position start);
    /// Says that what find() returned will change or has changed.
    void touch(std::int64_t agent);

    /// Sets the progress of an agent, which has no state.
    void put(std::int64_t agent, internal::AgentProgress progress);

    /// Adds `more`, which may be negative, to the number of state rows. Does nothing if the agent
    /// is not registered.
    void count_states(std::int64_t agent, std::int64_t more);

    /// Writes what was touched into the open transaction. Returns the change in the sum of the
    /// checksums of all rows.
    std::int64_t flush();
    /// To be called after the commit of what was flushed.
    void committed();
    /// To be called if it was not committed. Forgets what was touched.
    void rolled_back();

    /// Forgets everything, outside of a transaction, because another connection has written.
    void clear() { entries_.clear(); }

private:
    struct Entry {
        internal::AgentProgress now;
        internal::AgentProgress stored; ///< as of the last commit
        std::uint64_t states = 0;       ///< number of rows of state
        std::int64_t checksum = 0;      ///< of the row in the store
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
