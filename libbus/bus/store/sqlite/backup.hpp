#pragma once

#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <chrono>
#include <filesystem>

namespace bus::sqlite {

/// EventStore::backup for the store at `from`.
void backup(const std::filesystem::path& from, const std::filesystem::path& to,
            std::chrono::milliseconds busy_timeout);

/// Writes everything that a connection sees to a new file. Exactly those users can read the file
/// who can read `like`. The file is either complete and on the disk, or not there. Throws
/// StoreError.
void write_copy(Connection& from, const std::filesystem::path& to,
                const internal::FileRights& like);

} // namespace bus::sqlite
