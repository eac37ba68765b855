#pragma once

#include <bus/store/sqlite/wal.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3_file;

namespace bus::sqlite {

/// A file that is read through SQLite's file system layer. So closing it drops no lock that this
/// process holds on it as a database.
class RawFile {
public:
    /// Throws StoreError if there is no such file, or if it may not be read.
    explicit RawFile(const std::filesystem::path& path);
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;
    ~RawFile();

    /// Returns false if the file is too short, or if the disk does not return the bytes.
    bool read(char* into, std::size_t bytes, std::uint64_t offset);
    [[nodiscard]] std::uint64_t size();

private:
    std::vector<char> memory_; ///< holds SQLite's file object
    sqlite3_file* file_ = nullptr;
    const char* name_ = nullptr;
};

/// The pages of a store after its write-ahead log has been applied. Nothing in the file is trusted.
class SalvagePages {
public:
    explicit SalvagePages(const std::filesystem::path& path);

    /// Applies the transactions of the write-ahead log to the pages of the file.
    void add_log(const std::filesystem::path& log);

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

    /// The content of a page, valid until the call after the next one. None if the page cannot be
    /// read.
    [[nodiscard]] std::optional<std::string_view> read(std::uint32_t page);

    /// The free pages, by number: pages that SQLite keeps for reuse, as far as the file says so.
    /// Their content was removed from the database.
    [[nodiscard]] std::vector<bool> free_pages();

private:
    RawFile file_;
    std::unique_ptr<RawFile> log_;
    std::size_t page_bytes_ = 4096;
    std::uint32_t count_ = 0;
    /// Key: page; value: offset of its content in the log.
    std::unordered_map<std::uint32_t, std::uint64_t> in_log_;
    std::string content_[2]; ///< of the newest two pages
    bool second_ = false;
};

} // namespace bus::sqlite
