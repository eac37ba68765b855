#pragma once

#include <filesystem>

/// Files that take each other's place, through to the disk. All throw StoreError, which names the
/// file.
namespace bus::sqlite {

/// The path with something behind its name, as side files have it.
[[nodiscard]] std::filesystem::path side_path(const std::filesystem::path& path, const char* end);

[[nodiscard]] bool has_name(const std::filesystem::path& path);

/// Waits until the disk has a file, or the names in a folder. Not for a file that this process has
/// open as a database: closing it here would drop SQLite's locks.
void sync_path(const std::filesystem::path& path);

/// Makes a new, empty file that only this user may read and write.
void make_private(const std::filesystem::path& path);

/// Gives `copy` the mode, and if this process may the owner, of `original`.
void copy_rights(const std::filesystem::path& original, const std::filesystem::path& copy);

/// Renames a file, and waits until the disk has it.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Puts `replacement` at `path` at one stroke, and what was there at `kept`, which must be free. On
/// a file system that cannot exchange two names, what was there is copied to `kept` first.
void exchange(const std::filesystem::path& replacement, const std::filesystem::path& path,
              const std::filesystem::path& kept);

} // namespace bus::sqlite
