#pragma once

#include <bus/store/records.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/connection.hpp>

#include <cstdint>

namespace bus::sqlite {

/// Counts of agents and timers in the row of `log`. They show if one of these is missing.
struct KeptCounts {
    std::uint64_t last_timer = 0; ///< the highest number ever given to a timer
    std::uint64_t timers = 0;     ///< number of timers
    std::int64_t agents = 0;      ///< sum of the checksums of the agents' rows, modulo 2^64
    friend bool operator==(const KeptCounts&, const KeptCounts&) = default;
};

/// The only row of `log`: where the log ends, and what the store must contain.
struct LogRow {
    Position last_position = 0;
    Position pruned_through = 0;
    Position unchecked_through = 0; ///< events up to here may lack a checksum (schemas 1 and 2)
    std::uint64_t pruned_streams = 0;
    KeptCounts kept;
    /// Identifies the life of the store (SqliteStore::generation); 0: a copy that was never opened
    /// for writing.
    std::int64_t generation = 0;
    std::uint64_t stored_times = 0; ///< number of notes of when positions were stored

    /// The checksum of the row as SQLite has it.
    [[nodiscard]] std::int64_t checksum() const {
        return checksum_of(last_position, kept.last_timer, pruned_through, unchecked_through,
                           pruned_streams, kept.timers, kept.agents, generation, stored_times);
    }
};

/// Reads the row from the columns last_position, last_timer, pruned_through, unchecked_through,
/// pruned_streams, timers, agents, generation, stored_times.
LogRow log_row(const Statement::Run& run);

/// The row of the log, and whether its checksum is right.
struct CheckedLogRow {
    LogRow row;
    bool as_written = false;
};

/// Throws if there is no row.
CheckedLogRow read_log_row(Connection& connection, const char* doing);

/// Reads and writes the row of the log. Writing it stamps the transaction (stamp_log). Not thread
/// safe.
class LogTable {
public:
    explicit LogTable(Connection& connection);

    /// Throws if there is no row.
    LogRow read();
    void write(const LogRow& row);

private:
    Connection& connection_;
    Statement read_;
    Statement write_;
};

/// Gives the row a new stamp, and keeps the stamp that it had before this transaction as
/// `previous`. This chain of stamps shows whether a write-ahead log belongs to its file
/// (mixed.hpp). The checksum does not cover the two: any number is right if it is new.
void stamp_log(Connection& connection);

/// Begins a new life of the store with another generation, or with 0 for a copy. If the row was not
/// as written, its checksum stays wrong.
void set_generation(Connection& connection, std::int64_t generation);

/// A generation that no other store has.
[[nodiscard]] std::int64_t new_generation(Connection& connection);

/// a + b - c, modulo 2^64.
[[nodiscard]] inline std::int64_t sum_of_checksums(std::int64_t sum, std::int64_t added,
                                                   std::int64_t removed) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                     static_cast<std::uint64_t>(added) -
                                     static_cast<std::uint64_t>(removed));
}

} // namespace bus::sqlite
