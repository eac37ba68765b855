#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace bus::sqlite {

/// The frames of a write-ahead log that SQLite would replay, in order. Each frame has the salt of
/// the log's header, and the checksums of all frames up to it are right. Frames after these were
/// written before the log began anew, or were written only in part. The format never changes
/// (https://sqlite.org/fileformat2.html#the_write_ahead_log).
class WalFrames {
public:
    /// Reads this many bytes from an offset on. Returns false if there are fewer.
    using Read = std::function<bool(char* into, std::size_t bytes, std::uint64_t offset)>;

    explicit WalFrames(Read read);

    /// Goes to the next frame. Returns false if there is none.
    bool next();

    /// The page that the frame belongs to.
    [[nodiscard]] std::uint32_t page() const noexcept { return page_; }

    /// The content of that page.
    [[nodiscard]] std::string_view content() const noexcept;

    /// Whether the frame ends a transaction. Only transactions that have ended are replayed.
    [[nodiscard]] bool commits() const noexcept { return pages_after_ != 0; }

    /// The number of pages of the file after that transaction.
    [[nodiscard]] std::uint32_t pages_after() const noexcept { return pages_after_; }

    /// The page size; 0: there is no log.
    [[nodiscard]] std::size_t page_bytes() const noexcept { return page_bytes_; }

private:
    void add(std::string_view bytes);

    Read read_;
    bool big_endian_ = false; ///< byte order of the checksums
    std::size_t page_bytes_ = 0;
    std::uint64_t offset_ = 0;
    std::string salt_;
    std::string frame_;
    std::uint32_t page_ = 0;
    std::uint32_t pages_after_ = 0;
    std::pair<std::uint32_t, std::uint32_t> sum_{0, 0};
};

} // namespace bus::sqlite
