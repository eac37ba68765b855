#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/log_row.hpp>

#include <sqlite3.h>

namespace bus::sqlite {

/// `first`: 1 in the first statement of a transaction that stamps, 0 in later ones.
#define LIBBUS_STAMP(first)                                                                        \
    "previous = CASE " first " WHEN 1 THEN stamp ELSE previous END, stamp = random()"

LogTable::LogTable(Connection& connection)
    : connection_{connection},
      read_{connection,
            "SELECT last_position, last_timer, pruned_through, unchecked_through, pruned_streams, "
            "timers, agents, generation, stored_times FROM log",
            "read the end of the log of"},
      write_{connection,
             "UPDATE log SET last_position = ?1, last_timer = ?2, pruned_through = ?3, "
             "unchecked_through = ?4, pruned_streams = ?5, timers = ?6, agents = ?7, "
             "generation = ?8, stored_times = ?9, checksum = ?10, " LIBBUS_STAMP("?11"),
             "write the end of the log of"} {}

LogRow log_row(const Statement::Run& run) {
    LogRow row;
    row.last_position = run.number(0);
    row.kept.last_timer = run.number(1);
    row.pruned_through = run.number(2);
    row.unchecked_through = run.number(3);
    row.pruned_streams = run.number(4);
    row.kept.timers = run.number(5);
    row.kept.agents = run.integer(6);
    row.generation = run.integer(7);
    row.stored_times = run.number(8);
    return row;
}

CheckedLogRow read_log_row(Connection& connection, const char* doing) {
    constexpr int columns = 9;
    Statement read{connection,
                   "SELECT last_position, last_timer, pruned_through, unchecked_through, "
                   "pruned_streams, timers, agents, generation, stored_times, checksum FROM log",
                   doing};
    Statement::Run run = read.run();
    if (!run.next()) {
        connection.fail(SQLITE_CORRUPT, doing);
    }
    const LogRow row = log_row(run);
    return {row, !run.is_null(columns) && run.integer(columns) == row.checksum()};
}

LogRow LogTable::read() {
    Statement::Run run = read_.run();
    if (!run.next()) {
        connection_.fail(SQLITE_CORRUPT, "read the end of the log of");
    }
    return log_row(run);
}

void LogTable::write(const LogRow& row) {
    write_.execute(row.last_position, row.kept.last_timer, row.pruned_through,
                   row.unchecked_through, row.pruned_streams, row.kept.timers, row.kept.agents,
                   row.generation, row.stored_times, row.checksum(),
                   std::int64_t{connection_.note_stamp() ? 1 : 0});
}

#undef LIBBUS_STAMP

void stamp_log(Connection& connection) {
    if (connection.note_stamp()) {
        connection.execute("UPDATE log SET previous = stamp, stamp = random()",
                           "write the end of the log of");
    }
}

void set_generation(Connection& connection, std::int64_t generation) {
    const char* const doing = "begin a new generation of";
    auto [row, as_written] = read_log_row(connection, doing);
    row.generation = generation;
    Statement{connection, "UPDATE log SET generation = ?1, checksum = ?2", doing}.execute(
        generation, as_written ? std::optional{row.checksum()} : std::nullopt);
    stamp_log(connection);
}

std::int64_t new_generation(Connection& connection) {
    // 48 bits: a number that people can compare, and that JSON holds without loss.
    return connection.integer("SELECT (random() & 0xffffffffffff) | 1", "draw a generation for");
}

} // namespace bus::sqlite
