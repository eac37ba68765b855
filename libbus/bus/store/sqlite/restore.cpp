#include <bus/store/event_store.hpp>
#include <bus/store/restore.hpp>
#include <bus/store/sqlite/copy.hpp>
#include <bus/store/sqlite/mixed.hpp>
#include <bus/store/sqlite/open.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/swap.hpp>

#include <optional>
#include <system_error>
#include <utility>

namespace bus {

namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Connection;
using sqlite::FileKind;
using sqlite::has_name;
using sqlite::LogFit;
using sqlite::side_path;

/// What lies at the store's path before the restore.
struct Before {
    bool there = false;
    /// The file is whole by itself: its write-ahead log was copied into it.
    bool whole = false;
    Position last_position = 0;
};

class Restoring {
public:
    Restoring(const RestoreOptions& options,
              const std::function<void(const VerifyProgress&)>& progress)
        : options_{options},
          progress_{progress},
          backup_{sqlite::resolve(options.backup)},
          store_{sqlite::resolve(options.store)},
          copy_{side_path(store_, "-restoring")} {}

    RestoreReport run() {
        check_paths();
        refuse_foreign();
        lock();
        check_backup();
        report_.store = store_;
        if (!options_.dry_run) {
            put_in_place();
        }
        return std::move(report_);
    }

private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw StoreError{"cannot restore " + backup_.string() + " to sqlite:" + store_.string() +
                         ": " + why + "; all was left as it was"};
    }

    void tell(std::string_view doing, std::uint64_t done = 0, std::uint64_t total = 0) const {
        if (progress_) {
            progress_({doing, done, total});
        }
    }

    void check_paths() const {
        std::error_code error;
        if (!fs::is_regular_file(backup_, error)) {
            refuse("there is no file " + backup_.string() + "; name a backup");
        }
        if (fs::equivalent(backup_, store_, error)) {
            refuse("both are the same file; name the backup first, and the store with --store");
        }
        if (has_name(store_) && !fs::is_regular_file(store_, error)) {
            refuse("the store's path is not a file; name one");
        }
    }

    /// Refuses to replace a database of another program. A damaged file may be replaced.
    void refuse_foreign() const {
        std::error_code error;
        if (!has_name(store_) || fs::file_size(store_, error) == 0) {
            return;
        }
        try {
            Connection alone{store_, Access::file_alone, {}};
            const std::int64_t id = alone.integer("PRAGMA application_id", "look into");
            if (id != sqlite::application_id &&
                alone.integer("SELECT count(*) FROM sqlite_schema", "look into") != 0) {
                refuse("the store's path holds a SQLite database of another program; name another "
                       "file");
            }
        } catch (const StoreDamaged&) { // NOLINT(bugprone-empty-catch): that is what we are for
        }
    }

    void lock() {
        if (options_.dry_run && !has_name(store_)) {
            return; // taking the lock would create its file
        }
        try {
            lock_.emplace(internal::DatabaseFile::find(store_), store_, options_.program);
            lock_->lock_beside();
        } catch (const StoreInUse& used) {
            throw StoreInUse{"cannot restore sqlite:" + store_.string() + ": " + used.owner() +
                                 " writes it; stop that one first",
                             used.owner()};
        }
    }

    void check_backup() {
        tell("checking the backup");
        Connection connection{backup_, Access::read_only, options_.busy_timeout};
        sqlite::refuse_mixed(connection);
        const FileKind kind = sqlite::inspect(connection);
        if (kind == FileKind::empty) {
            refuse("the backup is an empty file; name another one");
        }
        report_.older_schema = kind == FileKind::older;
        if (report_.older_schema) {
            check_pages(connection);
        } else {
            check_rows();
        }
        connection.check_unchanged();
    }

    /// verify() does not support an older schema; the host that migrates the store can verify it.
    void check_pages(Connection& connection) {
        const std::string said =
            connection.text("PRAGMA integrity_check(1)", "check the pages of the backup");
        if (said != "ok") {
            refuse("the backup is damaged (" + said + "); take another one");
        }
        report_.last_position = static_cast<Position>(
            connection.integer("SELECT last_position FROM log", "read the end of the log of"));
        report_.events = static_cast<std::uint64_t>(
            connection.integer("SELECT count(*) FROM events", "count the events of"));
    }

    void check_rows() {
        const VerifyReport found =
            verify({.path = backup_, .busy_timeout = options_.busy_timeout}, progress_);
        if (!found.clean()) {
            refuse("the backup is damaged (" + found.findings.front().what +
                   "); see `bus verify --store sqlite:" + backup_.string() +
                   "`, and take another one");
        }
        report_.last_position = found.last_position;
        report_.events = found.events;
    }

    void put_in_place() {
        keep_leftover();
        const Before before = settle_before();
        report_.last_before = before.last_position;
        copy();
        if (before.there) {
            sqlite::copy_rights(store_, copy_);
            sqlite::sync_path(copy_);
        }
        report_.kept = before.there ? free_name() : fs::path{};
        tell("putting it in place", 0, 3);
        if (!before.whole) {
            put_in_place_of_damage(before);
        } else {
            sqlite::exchange(copy_, store_, report_.kept);
        }
        tell("putting it in place", 3, 3);
    }

    /// Keeps a copy that has not got the store's name yet, or an old store that has lost its name
    /// because the process died. Neither is thrown away.
    void keep_leftover() {
        if (has_name(copy_)) {
            sqlite::move_file(copy_, free_name());
        }
    }

    [[nodiscard]] fs::path free_name() const {
        for (int number = 1;; ++number) {
            fs::path name =
                side_path(store_, ("-before-restore-" + std::to_string(number)).c_str());
            if (!has_name(name) && !has_name(side_path(name, "-wal"))) {
                return name;
            }
        }
    }

    /// Copies the write-ahead log of a whole store into its file. After that, a single rename
    /// replaces everything.
    [[nodiscard]] Before settle_before() const {
        Before before{.there = has_name(store_)};
        if (!before.there) {
            return before;
        }
        tell("settling the store");
        try {
            // Opened as the writer, whose lock we hold.
            Connection connection{store_, Access::read_write, options_.busy_timeout};
            connection.checkpoint_on_close(false);
            sqlite::refuse_mixed(connection);
            if (connection.integer("PRAGMA application_id", "look into") == 0) {
                return before; // empty
            }
            before.last_position = static_cast<Position>(
                connection.integer("SELECT last_position FROM log", "read the end of the log of"));
            if (connection.integer("PRAGMA wal_checkpoint(TRUNCATE)", "settle") != 0) {
                throw StoreInUse{"cannot restore sqlite:" + store_.string() +
                                     ": another program is reading it; end it first",
                                 "another program"};
            }
            connection.checkpoint_on_close(true);
            before.whole = true;
        } catch (const StoreDamaged&) { // NOLINT(bugprone-empty-catch): the reason for restoring it
        }
        for (const char* const end : {"-wal", "-journal"}) {
            std::error_code error;
            if (before.whole && fs::file_size(side_path(store_, end), error) != 0 && !error) {
                before.whole = false;
            }
        }
        return before;
    }

    void copy() const {
        Connection from{backup_, Access::read_only, options_.busy_timeout};
        sqlite::copy_store(from, copy_, [this](std::uint64_t done, std::uint64_t total) {
            tell("copying pages", done, total);
        });
        from.check_unchanged();
    }

    /// The side files are moved last. As long as there is one that belongs to another file, no
    /// program opens the store. If they were moved first, the damaged file could be opened without
    /// its log.
    void put_in_place_of_damage(const Before& before) {
        if (before.there) {
            sqlite::exchange(copy_, store_, report_.kept);
        }
        const fs::path kept = before.there ? report_.kept : free_name();
        for (const char* const end : {"-wal", "-journal"}) {
            tell("putting it in place", 1, 3);
            if (has_name(side_path(store_, end))) {
                sqlite::move_file(side_path(store_, end), side_path(kept, end));
            }
        }
        std::error_code ignored;
        fs::remove(side_path(store_, "-shm"), ignored); // an index, which is rebuilt from the log
        if (!before.there) {
            tell("putting it in place", 2, 3);
            sqlite::move_file(copy_, store_);
        }
    }

    const RestoreOptions& options_;
    const std::function<void(const VerifyProgress&)>& progress_;
    fs::path backup_;
    fs::path store_;
    fs::path copy_;
    std::optional<internal::WriterLock> lock_;
    RestoreReport report_;
};

} // namespace

RestoreReport restore(const RestoreOptions& options,
                      const std::function<void(const VerifyProgress&)>& progress) {
    return Restoring{options, progress}.run();
}

} // namespace bus
