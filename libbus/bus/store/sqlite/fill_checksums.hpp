#pragma once

#include <bus/store/sqlite/connection.hpp>

namespace bus::sqlite {

/// Gives the rows of an older store the checksums and counts of schema 3, except events and
/// requests. For the migration, within its transaction.
void fill_checksums(Connection& connection);

/// Gives the answers of requests the checksums of schema 4, and the counts of requests their
/// checksum. For the migration, within its transaction.
void fill_request_checksums(Connection& connection);

/// Gives the store its generation, and the row of the log the checksum and stamp of schema 5. For
/// the migration, within its transaction.
void fill_generation(Connection& connection);

} // namespace bus::sqlite
