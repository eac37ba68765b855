#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_files.hpp>
#include <bus/store/internal/sqlite_rescue.hpp>

#include <atomic>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3_file;

namespace bus::sqlite {

/// Sees to it that the writer writes only into the file that it has opened, and that this is still
/// as SQLite has left it. All that somebody else can do to it shows in three places:
/// - a name that leads to another file, or nowhere (removed, moved, replaced);
/// - a log that is shorter than its index says;
/// - a database file that has changed though nobody has copied the log into it. Whether another
///   program has done that, as SQLite lets it, shows in the index.
/// The look costs a stat of each file. The log is copied here and not by SQLite in its commits, so
/// that there is a look before that too.
///
/// By the writer's thread only, but for what says otherwise.
class FileWatch {
public:
    /// Of a connection that has read from the store. Throws StoreError.
    FileWatch(Connection& connection, const std::filesystem::path& given);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Throws StoreLost, from the first time on always, and StoreError if it cannot look. What can
    /// be saved has been saved then, and the message says where it is.
    void look();

    /// Before a commit. One that waits for the disk does not notice a look; of the others, which
    /// take some ten microseconds, every eighth looks, and all are refused once the store is lost.
    void look_before_commit(bool durable) {
        constexpr unsigned look_every = 8;
        if (durable || ++unseen_ % look_every == 0) {
            look();
        } else {
            check_not_lost();
        }
    }

    /// To be called after each commit. Copies the log into the file where it has become long and
    /// the file is still what it was. What goes wrong with that, the next look or commit tells.
    void committed();

    /// The file is what SQLite has just made of it: VACUUM moves what is compared.
    void renew();

    /// Throws StoreLost if look() has. From any thread.
    void check_not_lost() const {
        if (lost_.load(std::memory_order_relaxed)) [[unlikely]] {
            throw_lost();
        }
    }

    /// From any thread.
    [[nodiscard]] bool is_lost() const noexcept { return lost_; }

    [[nodiscard]] const FileNames& names() const noexcept { return names_; }

private:
    /// What the index of the log (PATH-shm) says: https://sqlite.org/walformat.html, 2.2.
    struct Index {
        std::uint32_t frames = 0; ///< of the log
        std::uint64_t salts = 0;  ///< of the log: others, once it begins anew
        std::uint32_t copied = 0; ///< frames that are in the file
        std::uint32_t begun = 0;  ///< frames that may be, as a copying of them has begun

        bool operator==(const Index&) const = default;
    };

    /// The database file, as it was when nobody copied.
    struct Look {
        off_t size = 0;
        std::timespec changed{};
        Index index;
        std::string pages{}; ///< its first, and that of the log's row, which each commit writes
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
    std::size_t at_database_; ///< in FileNames::Seen
    std::size_t at_log_;
    sqlite3_file* file_ = nullptr; ///< SQLite's own
    const volatile std::uint32_t* index_ = nullptr;
    std::int64_t log_page_ = 1;
    Look known_;
    unsigned unseen_ = 0; ///< commits without a look
    std::atomic<bool> lost_{false};
    mutable std::mutex mutex_; ///< guards `why_lost_`
    std::string why_lost_;
};

} // namespace bus::sqlite
