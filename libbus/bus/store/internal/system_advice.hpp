#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

/// What to do about what the system and SQLite's limits refuse.
namespace bus::internal {

/// What to do about an error of the system (errno) with a file in a folder.
std::string advice_on_system_error(int error, const std::filesystem::path& folder);

/// Whether this process, or the system, can open no further file: `error` says so, or a try does.
/// SQLite passes that on as a file that cannot be opened.
bool is_out_of_descriptors(int error) noexcept;

/// Leaves none of standard input, output and error closed, as SQLite does: else the next file that
/// is opened would take its place, and what the program prints would go into a database.
void occupy_standard_files() noexcept;

/// The longest path of a database file that SQLite opens, in bytes.
std::size_t longest_path() noexcept;

/// Throws StoreError if SQLite cannot open a database file of that path or name because it is too
/// long, as it has to be with `-journal` behind it. `doing` completes the sentence "cannot ...".
void check_length(const std::filesystem::path& path, const char* doing);

} // namespace bus::internal
