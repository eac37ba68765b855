#pragma once

#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>

#include <cstdint>

/// Moves the rows of an agent to another name, within the transaction of the store's writer.
namespace bus::sqlite {

/// Whether the store has anything of the agent whose name has this number.
bool has_agent(Connection& connection, std::int64_t agent);

/// EventStore::rename_agent, with the numbers of the names. `log` is updated to the new row of the
/// log. If a row was not as written, its checksum stays wrong.
void rename_agent(Connection& connection, LogRow& log, std::int64_t from, std::int64_t to);

} // namespace bus::sqlite
