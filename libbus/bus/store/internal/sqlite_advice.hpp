#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <filesystem>
#include <string>

/// What SQLite's result codes mean for a store.
namespace bus::sqlite {

/// Whether a result code says that what is read cannot be right.
bool is_damage(int code) noexcept;

/// Whether a result code says that the disk did not give back what was asked for. SQLite has a name
/// of its own for EIO.
bool is_failed_read(int code) noexcept;

/// What to do about a result code, and what the system has said (errno; 0: nothing).
std::string advice(int code, int system_error, const std::filesystem::path& path, Access access);

} // namespace bus::sqlite
