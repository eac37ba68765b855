#include <bus/runtime/fault_point.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/file_like.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/mixed.hpp>
#include <bus/store/sqlite/open.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/system_advice.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <system_error>

namespace bus::sqlite {

namespace {

constexpr std::uint64_t page_bytes = 4096;

/// Follows links whose target does not exist yet: SQLite would create the file there.
std::filesystem::path behind_links(std::filesystem::path path) {
    constexpr int most_links = 40; // the kernel's limit
    std::error_code error;
    for (int links = 0; links < most_links; ++links) {
        const std::filesystem::path target = std::filesystem::read_symlink(path, error);
        if (error) {
            break;
        }
        path = target.is_absolute() ? target : path.parent_path() / target;
    }
    return path;
}

/// The absolute path. SQLite and the lock must refer to the same file, whatever it is called.
std::filesystem::path in_full(const std::filesystem::path& path) {
    if (path.empty()) {
        throw StoreError{"cannot open a store without a path: name a file, as in sqlite:orders.db"};
    }
    std::error_code error;
    std::filesystem::path resolved = std::filesystem::weakly_canonical(
        std::filesystem::exists(path, error) ? path : behind_links(path), error);
    std::error_code lost;
    if (std::filesystem::exists(path, lost) &&
        (error || !std::filesystem::equivalent(path, resolved, lost))) {
        // Some links of /proc lead to another place than their text says.
        throw StoreError{"cannot open the store sqlite:" + path.string() +
                         ": the file that this leads to has no path here (it was removed, or lies "
                         "in another container), and a store needs one, for the files beside it"};
    }
    if (error) {
        throw StoreError{"cannot open the store sqlite:" + path.string() + ": " + error.message() +
                         "; " +
                         internal::advice_on_system_error(error.value(), path.parent_path())};
    }
    return resolved.is_absolute() ? resolved : std::filesystem::absolute(resolved);
}

void refuse_folder(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        throw StoreError{"cannot open the store sqlite:" + path.string() +
                         ": it is a folder; name a file"};
    }
    if (!std::filesystem::exists(path.parent_path(), ignored)) {
        throw StoreError{"cannot open the store sqlite:" + path.string() + ": the folder " +
                         path.parent_path().string() + " does not exist; create it first"};
    }
}

/// Begins a life of its own for a backup that is opened for writing: from here on its positions are
/// not those of the store that it was taken from.
void begin_life(Connection& connection) {
    if (connection.integer("SELECT generation FROM log", "read the generation of") == 0) {
        Transaction transaction{connection};
        set_generation(connection, new_generation(connection));
        transaction.commit();
    }
}

/// Creates the file if it is missing. This happens before the file is locked, and before SQLite
/// would create it with the rights that the umask leaves. If the file cannot be created, SQLite
/// reports why.
void create(const std::filesystem::path& path, const SqliteOptions& options) {
    internal::check_length(path, "open");
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return;
    }
    try {
        internal::make_file(static_cast<std::uint32_t>(options.mode), path);
    } catch (const std::filesystem::filesystem_error&) {
        // Another program was faster, or the file cannot be created.
    }
}

void set_up(Connection& connection, const SqliteOptions& options) {
    // The schema is written before WAL is turned on, so that the file itself shows from its first
    // page on that it is a store.
    const bool older_log = inspect(connection) == FileKind::older &&
                           connection.text("PRAGMA journal_mode", "look into") == "wal";
    migrate(connection);
    connection.checkpoint_on_close(true);
    const std::string mode = connection.text("PRAGMA journal_mode = WAL", "turn on WAL for");
    if (older_log) {
        // So no log of an older schema, which has no stamps, is left beside the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)", "migrate");
    }
    if (mode != "wal") {
        throw StoreError{"cannot use sqlite:" + connection.path().string() +
                         ": its folder does not allow a write-ahead log (journal mode '" + mode +
                         "'): put it on a local disk"};
    }
    std::string settings = "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;";
    settings += "PRAGMA cache_size = -" + std::to_string(options.cache_bytes / 1024) + ";";
    if (options.max_file_bytes != 0) {
        settings += "PRAGMA max_page_count = " +
                    std::to_string(std::max<std::uint64_t>(options.max_file_bytes / page_bytes, 1));
    }
    connection.execute(settings.c_str(), "set up");
    connection.stamp_commits();
    begin_life(connection);
}

} // namespace

std::filesystem::path resolve(const std::filesystem::path& path) {
    internal::occupy_standard_files();
    std::filesystem::path resolved = in_full(path);
    refuse_folder(resolved);
    return resolved;
}

Connection open_for_writing(const std::filesystem::path& path, const SqliteOptions& options,
                            std::optional<internal::WriterLock>& lock) {
    LIBBUS_FAULT_POINT("store.open");
    create(path, options);
    lock.emplace(internal::DatabaseFile::find(path), path, options.program);
    Connection connection{path, Access::read_write, options.busy_timeout};
    // Until we know that the file is ours, not even closing it may change it.
    connection.checkpoint_on_close(false);
    const LogFit fit = refuse_mixed(connection);
    const FileKind kind = inspect(connection);
    if (connection.is_read_only()) {
        throw StoreError{"cannot open sqlite:" + path.string() +
                         " for writing: the file is read-only for this user; allow writing, or "
                         "open the store read-only"};
    }
    refuse_triggers(connection);
    lock->lock_beside();
    if (kind == FileKind::store) {
        refuse_disagreement(connection, fit, options.busy_timeout);
    }
    set_up(connection, options);
    lock->settle();
    return connection;
}

void check_whole(const std::filesystem::path& path, const SqliteOptions& options) {
    Connection connection{path, Access::read_only, options.busy_timeout};
    const LogFit fit = refuse_mixed(connection);
    check_readable(connection);
    refuse_disagreement(connection, fit, options.busy_timeout);
}

void check_readable(Connection& connection) {
    const std::filesystem::path& path = connection.path();
    switch (inspect(connection)) {
    case FileKind::store: return;
    case FileKind::empty:
        throw StoreError{"cannot read sqlite:" + path.string() +
                         ": the file is empty, no store yet; open it for writing first"};
    case FileKind::older:
        throw StoreError{"cannot read sqlite:" + path.string() +
                         ": it is of an older schema; open it for writing once to migrate it"};
    }
}

} // namespace bus::sqlite
