#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>

#include <sqlite3.h>

namespace bus::sqlite {

LogTable::LogTable(Connection& connection)
    : connection_{connection},
      read_{connection,
            "SELECT last_position, last_timer, pruned_through, unchecked_through, pruned_streams, "
            "timers, agents FROM log",
            "read the end of the log of"},
      write_{connection,
             "UPDATE log SET last_position = ?1, last_timer = ?2, pruned_through = ?3, "
             "unchecked_through = ?4, pruned_streams = ?5, timers = ?6, agents = ?7, checksum = ?8",
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
    return row;
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
                   row.checksum());
}

} // namespace bus::sqlite
