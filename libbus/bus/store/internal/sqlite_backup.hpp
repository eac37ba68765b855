#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <sys/stat.h>

#include <chrono>
#include <filesystem>

namespace bus::sqlite {

/// EventStore::backup of the store at `from`.
void backup(const std::filesystem::path& from, const std::filesystem::path& to,
            std::chrono::milliseconds busy_timeout);

/// Writes all that a connection sees to a new file, which those can read who can read `like`: it is
/// whole and on the disk, or not there. Throws StoreError.
void write_copy(Connection& from, const std::filesystem::path& to, const struct stat& like);

} // namespace bus::sqlite
