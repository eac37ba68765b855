#include <bus/store/sqlite/watch.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace bus::sqlite {

namespace {

constexpr const char* watching = "watch the files of";

constexpr std::int64_t store_page_bytes = 4096;

/// Bytes of the log before its frames, and in each frame before the page.
constexpr std::int64_t log_header_bytes = 32;
constexpr std::int64_t frame_header_bytes = 24;

/// At this number of frames the log is copied, as SQLite itself would do.
constexpr std::uint32_t long_log = 1000;

/// Offsets in the index, in units of 32 bits.
constexpr std::size_t at_frames = 4;
constexpr std::size_t at_salts = 8;
constexpr std::size_t at_copied = 24;
constexpr std::size_t at_begun = 32;
constexpr int index_bytes = 32'768; // size of its first part

bool same_time(const std::timespec& a, const std::timespec& b) noexcept {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

} // namespace

FileWatch::FileWatch(Connection& connection, const std::filesystem::path& given)
    : connection_{connection},
      names_{given, connection.path(), true},
      at_database_{names_.index_of(FileRole::database)},
      at_log_{names_.index_of(FileRole::log)} {
    sqlite3* const handle = connection.handle();
    int moved = 0;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved != 0) {
        throw StoreLost{"cannot open sqlite:" + connection.path().string() +
                        ": the file was removed or replaced just now; open the store again"};
    }
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file_);
    void volatile* index = nullptr;
    if (file_->pMethods->iVersion < 2 ||
        file_->pMethods->xShmMap(file_, 0, index_bytes, 0, &index) != SQLITE_OK ||
        index == nullptr) {
        throw StoreError{"cannot open sqlite:" + connection.path().string() +
                         " for writing: the index of its write-ahead log cannot be read; put the "
                         "store on a local disk"};
    }
    index_ = static_cast<const volatile std::uint32_t*>(index);
    sqlite3_wal_autocheckpoint(handle, 0);
    renew();
    if (known_.index.begun != known_.index.copied) {
        // A crash has left a log. Until it is copied, it is unclear which program changes the file.
        copy_log();
    }
}

void FileWatch::look() {
    check_not_lost();
    if (const std::optional<Loss> loss = find_loss()) {
        // Readers get the same message as the writer.
        std::string why = "the store sqlite:" + connection_.path().string() +
                          " is lost: " + rescue(connection_, names_, *loss);
        {
            const std::lock_guard guard{mutex_};
            why_lost_ = std::move(why);
        }
        lost_ = true;
        throw_lost();
    }
}

void FileWatch::throw_lost() const {
    const std::lock_guard guard{mutex_};
    throw StoreLost{why_lost_};
}

std::optional<Loss> FileWatch::find_loss() {
    constexpr int looks = 5;
    for (int i = 0; i < looks; ++i) {
        // The index is read first: what it reports was done before.
        const Index index = read_index();
        FileNames::Seen seen;
        if (const auto change = names_.change(seen)) {
            return Loss{.name = change};
        }
        const bool log = log_is_whole(seen, index);
        if (log && file_is_whole(seen, index)) {
            return std::nullopt;
        }
        // Otherwise another program has begun a new log, or copied the log, since the index was
        // read.
        if (read_index() == index) {
            return Loss{.content = log ? FileRole::database : FileRole::log};
        }
    }
    return std::nullopt; // other programs are busy with the files, as SQLite allows
}

bool FileWatch::log_is_whole(const FileNames::Seen& seen, const Index& index) const {
    const std::int64_t needs = index.frames == 0
                                   ? 0
                                   : log_header_bytes + std::int64_t{index.frames} *
                                                            (frame_header_bytes + store_page_bytes);
    return seen[at_log_].size >= needs;
}

bool FileWatch::file_is_whole(const FileNames::Seen& seen, const Index& index) {
    const SeenFile& file = seen[at_database_];
    if (file.size == known_.size && same_time(file.changed, known_.changed)) {
        known_.index = index;
        return true;
    }
    if (index.begun != index.copied) {
        return true; // another program is copying the log into the file
    }
    if (index.copied != known_.index.copied || index.salts != known_.index.salts) {
        remember(); // another program has copied the log
        return true;
    }
    const std::string pages = file.size == known_.size ? read_pages() : "";
    if (file.size == known_.size && (pages == known_.pages || pages.empty())) {
        remember(); // only the time was changed, or the pages cannot be read now
        return true;
    }
    return false;
}

void FileWatch::committed() {
    const Index index = read_index();
    if (index.salts != known_.index.salts) { // the log began anew
        note_index(index);
    }
    if (index.frames < long_log || index.copied == index.frames) {
        return;
    }
    try {
        look();
        copy_log();
    } catch (const StoreError&) {
        // The commit is safe in the log; the next one is refused with the same error.
    }
}

/// Only for a file that was not changed.
void FileWatch::note_index(const Index& index) {
    const auto file = internal::status_of(connection_.path());
    if (file && file->size == known_.size && same_time(file->changed, known_.changed)) {
        known_.index = index;
    }
}

void FileWatch::copy_log() {
    sqlite3_wal_checkpoint_v2(connection_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                              nullptr);
    remember();
}

void FileWatch::renew() {
    log_page_ =
        connection_.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'log'", watching);
    remember();
}

/// The index is read before the file. Otherwise, a copying in between would look like one of
/// another program.
void FileWatch::remember() {
    const Index index = read_index();
    const auto file = internal::status_of(connection_.path());
    if (!file) {
        return; // the next look tells
    }
    known_ = {file->size, file->changed, index, read_pages()};
}

FileWatch::Index FileWatch::read_index() const {
    return {.frames = index_[at_frames],
            .salts = (std::uint64_t{index_[at_salts]} << 32U) | index_[at_salts + 1],
            .copied = index_[at_copied],
            .begun = index_[at_begun]};
}

/// The pages as they are in the file, not in the log. Empty if the disk does not return them.
std::string FileWatch::read_pages() const {
    std::string pages(2 * store_page_bytes, '\0');
    const auto read = [&](std::int64_t to, std::int64_t page) {
        const int code = file_->pMethods->xRead(file_, pages.data() + to, store_page_bytes,
                                                (page - 1) * store_page_bytes);
        return code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ;
    };
    return read(0, 1) && read(store_page_bytes, std::max<std::int64_t>(log_page_, 1)) ? pages : "";
}

} // namespace bus::sqlite
