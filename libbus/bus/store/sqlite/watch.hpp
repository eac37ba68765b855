#pragma once

#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/files.hpp>
#include <bus/store/sqlite/rescue.hpp>

#include <atomic>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3_file;

namespace bus::sqlite {

/// Ensures that the writer writes only into the file that it has opened, and only while the file is
/// as SQLite left it. Anything that another program can do to the store shows in one of three
/// places:
/// - A name leads to another file or to none: the file was removed, moved or replaced.
/// - The log is shorter than its index says.
/// - The database file has changed although the log was not copied into it. The index shows whether
///   another program has copied the log, which SQLite allows.
///
/// A look costs one stat call for each file. The log is copied here and not by SQLite in its
/// commits, so that there is a look before the copying too.
///
/// All members are for the writer's thread only, except where noted.
class FileWatch {
public:
    /// `connection` must have read from the store. Throws StoreError.
    FileWatch(Connection& connection, const std::filesystem::path& given);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Throws StoreLost if the files are not those that were opened, and from then on always.
    /// Before that, it saves what can be saved; the message says where the data is. Throws
    /// StoreError if it cannot look.
    void look();

    /// To be called before a commit. Compared with the wait for the disk in a durable commit, the
    /// cost of a look does not count. Other commits take about ten microseconds; so only every
    /// eighth of them looks. All are refused after the store was lost.
    void look_before_commit(bool durable) {
        constexpr unsigned look_every = 8;
        if (durable || ++unseen_ % look_every == 0) {
            look();
        } else {
            check_not_lost();
        }
    }

    /// To be called after each commit. Copies the log into the file if the log is long and the file
    /// is unchanged. If that fails, the next look or commit reports it.
    void committed();

    /// To be called after VACUUM, which changes what is compared: the file is now as SQLite left
    /// it.
    void renew();

    /// Throws StoreLost if look() has done so. May be called from any thread.
    void check_not_lost() const {
        if (lost_.load(std::memory_order_relaxed)) [[unlikely]] {
            throw_lost();
        }
    }

    /// May be called from any thread.
    [[nodiscard]] bool is_lost() const noexcept { return lost_; }

    [[nodiscard]] const FileNames& names() const noexcept { return names_; }

private:
    /// The content of the log's index (PATH-shm): https://sqlite.org/walformat.html, 2.2.
    struct Index {
        std::uint32_t frames = 0; ///< number of frames in the log
        std::uint64_t salts = 0;  ///< of the log; they change when it begins anew
        std::uint32_t copied = 0; ///< number of frames that are in the file
        std::uint32_t begun = 0;  ///< number of frames whose copying has begun

        bool operator==(const Index&) const = default;
    };

    /// The state of the database file at a moment when the log was not being copied.
    struct Look {
        std::int64_t size = 0;
        std::timespec changed{};
        Index index;
        /// The first page, and the page with the row of the log, which each commit writes.
        std::string pages{};
    };

    [[nodiscard]] Index read_index() const;
    [[nodiscard]] std::string read_pages() const;
    [[nodiscard]] std::optional<Loss> find_loss();
    [[nodiscard]] bool log_is_whole(const FileNames::Seen& seen, const Index& index) const;
    [[nodiscard]] bool file_is_whole(const FileNames::Seen& seen, const Index& index);
    void note_index(const Index& index);
    void copy_log();
    void remember();
    [[noreturn]] void throw_lost() const;

    Connection& connection_;
    FileNames names_;
    std::size_t at_database_; ///< index in FileNames::Seen
    std::size_t at_log_;
    sqlite3_file* file_ = nullptr; ///< SQLite's own file object
    const volatile std::uint32_t* index_ = nullptr;
    std::int64_t log_page_ = 1;
    Look known_;
    unsigned unseen_ = 0; ///< commits since the last look
    std::atomic<bool> lost_{false};
    mutable std::mutex mutex_; ///< guards `why_lost_`
    std::string why_lost_;
};

} // namespace bus::sqlite
