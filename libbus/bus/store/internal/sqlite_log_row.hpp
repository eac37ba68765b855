#pragma once

#include <bus/store/internal/sqlite_checksum.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/records.hpp>

#include <cstdint>

namespace bus::sqlite {

/// What the row of `log` says of agents and timers, which tells that one of them is missing.
struct KeptCounts {
    std::uint64_t last_timer = 0; ///< the highest number ever given
    std::uint64_t timers = 0;     ///< how many there are
    std::int64_t agents = 0;      ///< sum of the checksums of the agents' rows, without overflow
    friend bool operator==(const KeptCounts&, const KeptCounts&) = default;
};

/// The one row of `log`: where the log ends, and what must be there.
struct LogRow {
    Position last_position = 0;
    Position pruned_through = 0;
    Position unchecked_through = 0; ///< events up to here may have no checksum (schema 1 and 2)
    std::uint64_t pruned_streams = 0;
    KeptCounts kept;
    /// Which life of the store this is (SqliteStore::generation); 0: a copy that nobody has opened
    /// for writing yet.
    std::int64_t generation = 0;
    std::uint64_t stored_times = 0; ///< how many notes there are of when positions were stored

    /// Of the row as SQLite has it.
    [[nodiscard]] std::int64_t checksum() const {
        return checksum_of(last_position, kept.last_timer, pruned_through, unchecked_through,
                           pruned_streams, kept.timers, kept.agents, generation, stored_times);
    }
};

/// The row in the columns last_position, last_timer, pruned_through, unchecked_through,
/// pruned_streams, timers, agents, generation, stored_times.
LogRow log_row(const Statement::Run& run);

/// The row, and whether it is as it was written.
struct CheckedLogRow {
    LogRow row;
    bool as_written = false;
};

/// Throws where there is no row.
CheckedLogRow read_log_row(Connection& connection, const char* doing);

/// Reads and writes that row. Not thread safe. Writing it stamps the transaction (stamp_log).
class LogTable {
public:
    explicit LogTable(Connection& connection);

    /// Throws where there is no row.
    LogRow read();
    void write(const LogRow& row);

private:
    Connection& connection_;
    Statement read_;
    Statement write_;
};

/// Gives the row a new stamp, and keeps the one that it had before this transaction as `previous`:
/// the chain that tells whether a write-ahead log belongs to its file (sqlite_mixed.hpp). Neither
/// is under the checksum: any number does, as long as it is new.
void stamp_log(Connection& connection);

/// Begins a new life of the store: gives it another generation, or 0 for a copy. A row that is not
/// as it was written stays so.
void set_generation(Connection& connection, std::int64_t generation);

/// A generation that no other store has.
[[nodiscard]] std::int64_t new_generation(Connection& connection);

/// a + b - c of numbers that wrap around.
[[nodiscard]] inline std::int64_t sum_of_checksums(std::int64_t sum, std::int64_t added,
                                                   std::int64_t removed) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                     static_cast<std::uint64_t>(added) -
                                     static_cast<std::uint64_t>(removed));
}

} // namespace bus::sqlite
