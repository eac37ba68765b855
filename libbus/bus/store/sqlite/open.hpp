#pragma once

#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/writer_lock.hpp>
#include <bus/store/sqlite_store.hpp>

#include <filesystem>
#include <optional>

/// Opens the file of a store. All functions throw StoreError as SqliteStore::open says.
namespace bus::sqlite {

/// The absolute path that `path` leads to. Throws if it cannot be a store file.
std::filesystem::path resolve(const std::filesystem::path& path);

/// Opens, creates or migrates a store, and takes the writer's lock.
Connection open_for_writing(const std::filesystem::path& path, const SqliteOptions& options,
                            std::optional<internal::WriterLock>& lock);

/// Throws if the file cannot be read as a store of this version, or if its parts do not belong
/// together.
void check_whole(const std::filesystem::path& path, const SqliteOptions& options);

/// Throws if the file cannot be read as a store of this version.
void check_readable(Connection& connection);

} // namespace bus::sqlite
