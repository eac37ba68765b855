#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/pages.hpp>
#include <bus/store/sqlite/verify/salvage_pages.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace bus::sqlite {

namespace {

constexpr std::size_t file_header_bytes = 100;
constexpr std::uint64_t bytes_before_frames = 32;
constexpr std::uint64_t bytes_before_content = 24;

/// The page size according to the header; 0 if this is no header.
std::size_t page_bytes_of(std::string_view header) {
    constexpr std::string_view mark{"SQLite format 3\0", 16};
    const std::size_t said = big_endian_32(header, 14) & 0xffffU;
    const std::size_t bytes = said == 1 ? 65'536 : said;
    return header.starts_with(mark) && bytes >= 512 && std::has_single_bit(bytes) ? bytes : 0;
}

} // namespace

RawFile::RawFile(const std::filesystem::path& path) {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    // NOLINTBEGIN(cppcoreguidelines-prefer-member-initializer): one after the other
    memory_.resize(static_cast<std::size_t>(system->szOsFile));
    file_ = reinterpret_cast<sqlite3_file*>(memory_.data()); // as SQLite does it
    file_->pMethods = nullptr;
    name_ = sqlite3_create_filename(path.c_str(), "", "", 0, nullptr);
    // NOLINTEND(cppcoreguidelines-prefer-member-initializer)
    int flags = 0;
    const int code = name_ == nullptr
                         ? SQLITE_NOMEM
                         : system->xOpen(system, name_, file_,
                                         SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &flags);
    if (code != SQLITE_OK) {
        sqlite3_free_filename(const_cast<char*>(name_)); // NOLINT: its type in older SQLite
        throw StoreError{"cannot read " + path.string() + ": " + sqlite3_errstr(code) +
                         "; see that it is there and that this user may read it"};
    }
}

RawFile::~RawFile() {
    if (file_->pMethods != nullptr) {
        file_->pMethods->xClose(file_);
    }
    sqlite3_free_filename(const_cast<char*>(name_)); // NOLINT: its type in older SQLite
}

bool RawFile::read(char* into, std::size_t bytes, std::uint64_t offset) {
    return file_->pMethods->xRead(file_, into, static_cast<int>(bytes),
                                  static_cast<sqlite3_int64>(offset)) == SQLITE_OK;
}

std::uint64_t RawFile::size() {
    sqlite3_int64 bytes = 0;
    return file_->pMethods->xFileSize(file_, &bytes) == SQLITE_OK
               ? static_cast<std::uint64_t>(bytes)
               : 0;
}

SalvagePages::SalvagePages(const std::filesystem::path& path) : file_{path} {
    std::string header(file_header_bytes, '\0');
    if (file_.read(header.data(), header.size(), 0)) {
        if (const std::size_t said = page_bytes_of(header); said != 0) {
            page_bytes_ = said;
        }
    }
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - 1;
    count_ = static_cast<std::uint32_t>(std::min(file_.size() / page_bytes_, most));
}

void SalvagePages::add_log(const std::filesystem::path& log) {
    log_ = std::make_unique<RawFile>(log);
    WalFrames frames{[this](char* into, std::size_t bytes, std::uint64_t offset) {
        return log_->read(into, bytes, offset);
    }};
    if (frames.page_bytes() != page_bytes_) {
        return;
    }
    std::vector<std::pair<std::uint32_t, std::uint64_t>> waiting;
    std::uint64_t offset = bytes_before_frames + bytes_before_content;
    for (; frames.next(); offset += bytes_before_content + page_bytes_) {
        waiting.emplace_back(frames.page(), offset);
        if (frames.commits()) {
            for (const auto& [page, place] : waiting) {
                in_log_[page] = place;
                count_ = std::max(count_, page);
            }
            waiting.clear();
        }
    }
}

std::optional<std::string_view> SalvagePages::read(std::uint32_t page) {
    if (page == 0 || page > count_) {
        return std::nullopt;
    }
    second_ = !second_;
    std::string& content = content_[second_ ? 1 : 0];
    content.resize(page_bytes_);
    const auto in_log = in_log_.find(page);
    const bool there =
        in_log != in_log_.end()
            ? log_->read(content.data(), page_bytes_, in_log->second)
            : file_.read(content.data(), page_bytes_, std::uint64_t{page - 1} * page_bytes_);
    return there ? std::optional<std::string_view>{content} : std::nullopt;
}

std::vector<bool> SalvagePages::free_pages() {
    constexpr std::size_t place_of_first = 32;
    std::vector<bool> free(std::size_t{count_} + 1);
    const std::optional<std::string_view> header = read(1);
    if (!header || page_bytes_of(*header) == 0) {
        return free;
    }
    std::uint32_t trunk = big_endian_32(*header, place_of_first);
    // If the list is circular, it ends at a page that was seen before.
    while (trunk != 0 && trunk <= count_ && !free[trunk]) {
        free[trunk] = true;
        const std::optional<std::string_view> page = read(trunk);
        if (!page) {
            break;
        }
        const std::size_t most = page_bytes_ / 4 - 2;
        const std::size_t leaves = std::min<std::size_t>(big_endian_32(*page, 4), most);
        for (std::size_t i = 0; i < leaves; ++i) {
            if (const std::uint32_t leaf = big_endian_32(*page, 8 + 4 * i); leaf <= count_) {
                free[leaf] = true;
            }
        }
        trunk = big_endian_32(*page, 0);
    }
    return free;
}

} // namespace bus::sqlite
