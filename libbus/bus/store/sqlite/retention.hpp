#pragma once

#include <bus/store/records.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

/// Removes data from a store, within the transaction of the writer.
namespace bus::sqlite {

/// EventStore::prune. `log` is updated and, if anything was removed, written.
std::size_t prune(Connection& connection, LogRow& log, Position through, std::size_t limit);

/// EventStore::prune_streams. `log` as in prune().
std::size_t prune_streams(Connection& connection, LogRow& log, Timestamp before, std::size_t limit);

/// The time of the newest note of when a position was stored.
std::optional<Timestamp> newest_stored_time(Connection& connection);

/// EventStore::forget. `log` as in prune().
bool forget(Connection& connection, LogRow& log, std::string_view agent);

/// Whether events of streams were pruned that may have to be looked up.
bool has_pruned_streams(Connection& connection);

} // namespace bus::sqlite
