#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace bus::sqlite {

/// Copies a store page by page to a new file, through to the disk: under TO-partial until it is
/// whole, and readable for this user only. It begins a life of its own (begin_copy). `progress` is
/// told how many pages of how many are copied; what it throws ends the copy.
void copy_store(Connection& from, const std::filesystem::path& to,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

/// Makes a copy of a store known for one: it gets a stamp of its own, so that no write-ahead log of
/// the original is taken for one of the copy, and no generation. For a file that nobody else has
/// open yet.
void begin_copy(const std::filesystem::path& copy);

} // namespace bus::sqlite
