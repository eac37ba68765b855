#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

/// Advice for errors of the system and for the limits of SQLite.
namespace bus::internal {

/// What to do about an error of the system (errno) with a file in a folder.
std::string advice_on_system_error(int error, const std::filesystem::path& folder);

/// Whether this process, or the system, can open no more files: either `error` says so, or a trial
/// shows it. SQLite reports this as a file that cannot be opened.
bool is_out_of_descriptors(int error) noexcept;

/// The longest path of a database file that SQLite opens, in bytes.
std::size_t longest_path() noexcept;

/// Throws StoreError if the path or the name is too long for a database file of SQLite, which needs
/// room for `-journal` behind it. `doing` completes the sentence "cannot ...".
void check_length(const std::filesystem::path& path, const char* doing);

} // namespace bus::internal
