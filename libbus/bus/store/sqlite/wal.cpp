#include <bus/store/sqlite/pages.hpp>
#include <bus/store/sqlite/wal.hpp>

#include <bit>

namespace bus::sqlite {

namespace {

constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t wal_frame_bytes = 24;
constexpr std::size_t wal_salt_bytes = 8;
constexpr std::uint32_t wal_mark = 0x377f0682; ///< the last bit means big-endian checksums
constexpr std::uint32_t wal_version = 3'007'000;

std::uint32_t little_endian_32(std::string_view bytes, std::size_t at) {
    const std::uint32_t value = big_endian_32(bytes, at);
    return (value & 0xffU) << 24U | (value & 0xff00U) << 8U | (value >> 8U & 0xff00U) |
           value >> 24U;
}

bool is_page_size(std::uint32_t bytes) {
    return bytes >= 512 && bytes <= 65'536 && std::has_single_bit(bytes);
}

} // namespace

WalFrames::WalFrames(Read read) : read_{std::move(read)} {
    std::string header(wal_header_bytes, '\0');
    if (!read_(header.data(), header.size(), 0) || (big_endian_32(header, 0) & ~1U) != wal_mark ||
        big_endian_32(header, 4) != wal_version || !is_page_size(big_endian_32(header, 8))) {
        return;
    }
    big_endian_ = (big_endian_32(header, 0) & 1U) != 0;
    salt_ = header.substr(16, wal_salt_bytes);
    add(std::string_view{header}.substr(0, 24));
    if (sum_ != std::pair{big_endian_32(header, 24), big_endian_32(header, 28)}) {
        return;
    }
    page_bytes_ = big_endian_32(header, 8);
    frame_.resize(wal_frame_bytes + page_bytes_);
    offset_ = wal_header_bytes;
}

std::string_view WalFrames::content() const noexcept {
    return std::string_view{frame_}.substr(wal_frame_bytes);
}

bool WalFrames::next() {
    if (page_bytes_ == 0 || !read_(frame_.data(), frame_.size(), offset_)) {
        return false;
    }
    page_ = big_endian_32(frame_, 0);
    pages_after_ = big_endian_32(frame_, 4);
    add(std::string_view{frame_}.substr(0, 8));
    add(content());
    if (page_ == 0 || frame_.compare(8, wal_salt_bytes, salt_) != 0 ||
        sum_ != std::pair{big_endian_32(frame_, 16), big_endian_32(frame_, 20)}) {
        page_bytes_ = 0; // the end, permanently
        return false;
    }
    offset_ += frame_.size();
    return true;
}

void WalFrames::add(std::string_view bytes) {
    auto [first, second] = sum_;
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        const auto number = [&](std::size_t place) {
            return big_endian_ ? big_endian_32(bytes, place) : little_endian_32(bytes, place);
        };
        first += number(at) + second;
        second += number(at + 4) + first;
    }
    sum_ = {first, second};
}

} // namespace bus::sqlite
