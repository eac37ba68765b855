#pragma once

#include <bus/store/internal/sqlite_wal.hpp>

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

/// A file read through SQLite's file system layer: closing it drops no lock that this process holds
/// on it as a database.
class RawFile {
public:
    /// Throws StoreError if there is none that may be read.
    explicit RawFile(const std::filesystem::path& path);
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;
    ~RawFile();

    /// False where there are fewer bytes, or the disk does not give them.
    bool read(char* into, std::size_t bytes, std::uint64_t offset);
    [[nodiscard]] std::uint64_t size();

private:
    std::vector<char> memory_; ///< of the file
    sqlite3_file* file_ = nullptr;
    const char* name_ = nullptr;
};

/// The pages of a store as they are after its write-ahead log. Nothing in the file is believed.
class SalvagePages {
public:
    explicit SalvagePages(const std::filesystem::path& path);

    /// Reads the transactions of the write-ahead log over the pages of the file.
    void add_log(const std::filesystem::path& log);

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

    /// The page, until the next call but one; nothing where it cannot be read.
    [[nodiscard]] std::optional<std::string_view> read(std::uint32_t page);

    /// Those that SQLite has put aside to be used again, as far as the file says so: what stands in
    /// them was removed. By number: true.
    [[nodiscard]] std::vector<bool> free_pages();

private:
    RawFile file_;
    std::unique_ptr<RawFile> log_;
    std::size_t page_bytes_ = 4096;
    std::uint32_t count_ = 0;
    std::unordered_map<std::uint32_t, std::uint64_t> in_log_; ///< where the content begins
    std::string content_[2];                                  ///< of the newest two pages
    bool second_ = false;
};

} // namespace bus::sqlite
