#pragma once

#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace bus::sqlite {

/// Copies a store page by page to a new file that only this user can read, and syncs it to the
/// disk. Until the copy is complete, it is called TO-partial. The copy begins a life of its own
/// (begin_copy). `progress` is called with the number of copied pages and of all pages; if it
/// throws, the copy ends.
void copy_store(Connection& from, const std::filesystem::path& to,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

/// Marks a copy of a store as a copy. It gets a stamp of its own, so that no write-ahead log of the
/// original is taken for one of the copy, and it gets no generation. For a file that no other
/// program has open yet.
void begin_copy(const std::filesystem::path& copy);

} // namespace bus::sqlite
