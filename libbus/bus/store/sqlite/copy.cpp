#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/copy.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/swap.hpp>

#include <sqlite3.h>

#include <memory>
#include <system_error>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr const char* copying = "copy";

struct FinishBackup {
    void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};

void remove_copy(const fs::path& path) noexcept {
    std::error_code ignored;
    for (const char* const end : {"", "-journal", "-wal", "-shm"}) {
        fs::remove(side_path(path, end), ignored);
    }
}

void copy_pages(Connection& from, Connection& to,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
    constexpr int pages_at_a_time = 1024;
    const std::unique_ptr<sqlite3_backup, FinishBackup> backup{
        sqlite3_backup_init(to.handle(), "main", from.handle(), "main")};
    if (!backup) {
        to.fail(sqlite3_errcode(to.handle()), copying);
    }
    for (int code = SQLITE_OK; code != SQLITE_DONE;) {
        code = sqlite3_backup_step(backup.get(), pages_at_a_time);
        if (code != SQLITE_OK && code != SQLITE_DONE) {
            from.fail(code, copying);
        }
        const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup.get()));
        const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup.get()));
        progress(total - left, total);
    }
}

} // namespace

void copy_store(Connection& from, const fs::path& to,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
    const fs::path partial = side_path(to, "-partial");
    remove_copy(partial);
    try {
        // Created before SQLite would create it with the rights that the umask leaves.
        make_private(partial);
        {
            Connection connection{partial, Access::existing, {}};
            copy_pages(from, connection, progress);
        }
        begin_copy(partial);
        sync_path(partial);
        move_file(partial, to);
    } catch (...) {
        remove_copy(partial);
        throw;
    }
}

void begin_copy(const fs::path& copy) {
    constexpr std::int64_t first_with_generations = 5;
    Connection connection{copy, Access::existing, {}};
    if (connection.integer("PRAGMA user_version", copying) < first_with_generations) {
        return; // the migration will draw both
    }
    connection.stamp_commits();
    Transaction transaction{connection};
    set_generation(connection, 0);
    transaction.commit();
}

} // namespace bus::sqlite
