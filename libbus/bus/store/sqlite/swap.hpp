#pragma once

#include <filesystem>

/// Replaces files, and syncs the changes to the disk. All functions throw a StoreError that names
/// the file.
namespace bus::sqlite {

/// The path with `end` appended to its name, as side files are named.
[[nodiscard]] std::filesystem::path side_path(const std::filesystem::path& path, const char* end);

/// Whether something has this name, even if it is a link that leads nowhere.
[[nodiscard]] bool has_name(const std::filesystem::path& path);

/// Syncs a file, or the names in a folder, to the disk. Must not be used for a file that this
/// process has open as a database: closing it here would drop SQLite's locks.
void sync_path(const std::filesystem::path& path);

/// Makes a new, empty file that only this user can read and write.
void make_private(const std::filesystem::path& path);

/// Gives `copy` the mode of `original` and, if this process is root, its owner.
void copy_rights(const std::filesystem::path& original, const std::filesystem::path& copy);

/// Renames a file, and syncs the new name to the disk.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Puts `replacement` at `path` in one step, and moves the old file to `kept`, which must be free.
/// If the file system cannot exchange two names, the old file is copied to `kept` first.
void exchange(const std::filesystem::path& replacement, const std::filesystem::path& path,
              const std::filesystem::path& kept);

} // namespace bus::sqlite
