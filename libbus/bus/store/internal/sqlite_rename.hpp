#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>

#include <cstdint>

/// An agent's rows under another name, inside the transaction of the store's writer.
namespace bus::sqlite {

/// Whether there is anything of the agent whose name has this number.
bool has_agent(Connection& connection, std::int64_t agent);

/// EventStore::rename_agent, by the numbers of the names; `log` says afterwards what the row of the
/// log has. A row that is not as it was written keeps a checksum that says so.
void rename_agent(Connection& connection, LogRow& log, std::int64_t from, std::int64_t to);

} // namespace bus::sqlite
