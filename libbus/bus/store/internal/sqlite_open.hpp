#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/writer_lock.hpp>
#include <bus/store/sqlite_store.hpp>

#include <filesystem>
#include <optional>

/// How a store file is opened; all throw StoreError as SqliteStore::open says.
namespace bus::sqlite {

/// Where the path leads, in full; what can be no store file is refused.
std::filesystem::path resolve(const std::filesystem::path& path);

/// Opens, creates or migrates a store, and takes the writer's lock.
Connection open_for_writing(const std::filesystem::path& path, const SqliteOptions& options,
                            std::optional<internal::WriterLock>& lock);

/// Throws where the file cannot be read as a store of this version, or is not of one piece.
void check_whole(const std::filesystem::path& path, const SqliteOptions& options);

/// Throws where the file cannot be read as a store of this version.
void check_readable(Connection& connection);

} // namespace bus::sqlite
