#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

namespace bus::sqlite {

/// Gives the rows of an older store the checksums and counts of schema 3, all but its events and
/// requests. For the migration, inside its transaction.
void fill_checksums(Connection& connection);

/// Gives the answers of requests the checksums of schema 4, and their counts the one of
/// theirs. The
/// same way.
void fill_request_checksums(Connection& connection);

/// Gives the store its generation, and the row of the log the checksum and stamp of schema 5. The
/// same way.
void fill_generation(Connection& connection);

} // namespace bus::sqlite
