#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <string_view>

/// What is removed from a store, inside the transaction of its writer.
namespace bus::sqlite {

/// EventStore::prune.
std::size_t prune(Connection& connection, Position through, std::size_t limit);

/// EventStore::forget.
bool forget(Connection& connection, std::string_view agent);

/// Whether events were ever pruned whose streams may have to be looked up.
bool has_pruned_streams(Connection& connection);

} // namespace bus::sqlite
