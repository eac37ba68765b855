#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

/// What is removed from a store, inside the transaction of its writer.
namespace bus::sqlite {

/// EventStore::prune; `log` says afterwards what is gone, and is written where anything is.
std::size_t prune(Connection& connection, LogRow& log, Position through, std::size_t limit);

/// EventStore::prune_streams; `log` as for prune().
std::size_t prune_streams(Connection& connection, LogRow& log, Timestamp before, std::size_t limit);

/// When the newest note was made of when a position was stored.
std::optional<Timestamp> newest_stored_time(Connection& connection);

/// EventStore::forget; `log` as for prune().
bool forget(Connection& connection, LogRow& log, std::string_view agent);

/// Whether events were ever pruned whose streams may have to be looked up.
bool has_pruned_streams(Connection& connection);

} // namespace bus::sqlite
