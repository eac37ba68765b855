#pragma once

#include <bus/store/sqlite/connection.hpp>

#include <filesystem>
#include <string>

/// The meaning of SQLite's result codes for a store.
namespace bus::sqlite {

/// Whether a result code says that the content of the file is wrong.
bool is_damage(int code) noexcept;

/// Whether a result code says that a read from the disk failed. For EIO, SQLite has a code of its
/// own.
bool is_failed_read(int code) noexcept;

/// What to do about a result code. `system_error` is the errno of the system, or 0 if there is
/// none.
std::string advice(int code, int system_error, const std::filesystem::path& path, Access access);

} // namespace bus::sqlite
