#include <bus/runtime/fault_point.hpp>
#include <bus/store/internal/sqlite_appender.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_reader.hpp>
#include <bus/store/internal/sqlite_schema.hpp>
#include <bus/store/internal/writer_lock.hpp>
#include <bus/store/sqlite_store.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace bus {

namespace {

using sqlite::Access;
using sqlite::Connection;

/// Connections kept open for readers; more are opened while more threads read at once.
constexpr std::size_t idle_readers = 8;

constexpr std::uint64_t page_bytes = 4096;

/// Where the path leads: SQLite and the lock must mean the same file whatever it is called.
std::filesystem::path resolve(const std::filesystem::path& path) {
    if (path.empty()) {
        throw StoreError{"cannot open a store without a path: name a file, as in sqlite:orders.db"};
    }
    std::error_code error;
    std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
    if (error) {
        throw StoreError{"cannot open the store sqlite:" + path.string() + ": " + error.message() +
                         "; see that the folders of the path exist and may be read"};
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

/// A connection for reading, and what is prepared on it.
struct PooledReader {
    PooledReader(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout)
        : connection{path, Access::read_only, busy_timeout}, reader{connection} {
        connection.execute("PRAGMA query_only = ON", "open for reading");
    }

    Connection connection;
    sqlite::Reader reader;
};

/// The writing side.
struct WriteSide {
    WriteSide(Connection opened, const SqliteOptions& options)
        : connection{std::move(opened)},
          appender{connection, std::min<std::size_t>(options.max_value_bytes, 999'999'999)} {}

    Connection connection;
    sqlite::Appender appender;
};

void set_up(Connection& connection, const SqliteOptions& options) {
    // The schema comes before WAL: then the file itself says whose it is from its first page on.
    sqlite::migrate(connection);
    connection.checkpoint_on_close(true);
    const std::string mode = connection.text("PRAGMA journal_mode = WAL", "turn on WAL for");
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
}

Connection open_for_writing(const std::filesystem::path& path, const SqliteOptions& options,
                            std::optional<internal::WriterLock>& lock) {
    Connection connection{path, Access::read_write, options.busy_timeout};
    // Until we know that it is ours, not even closing it may change the file.
    connection.checkpoint_on_close(false);
    sqlite::inspect(connection);
    if (connection.is_read_only()) {
        throw StoreError{"cannot open sqlite:" + path.string() +
                         " for writing: the file is read-only for this user; allow writing, or "
                         "open the store read-only"};
    }
    lock.emplace(path, options.program);
    LIBBUS_FAULT_POINT("store.open");
    set_up(connection, options);
    return connection;
}

void check_readable(const std::filesystem::path& path, const SqliteOptions& options) {
    Connection connection{path, Access::read_only, options.busy_timeout};
    switch (sqlite::inspect(connection)) {
    case sqlite::FileKind::store: return;
    case sqlite::FileKind::empty:
        throw StoreError{"cannot read sqlite:" + path.string() +
                         ": the file is empty, no store yet; open it for writing first"};
    case sqlite::FileKind::older:
        throw StoreError{"cannot read sqlite:" + path.string() +
                         ": it is of an older schema; open it for writing once to migrate it"};
    }
}

} // namespace

struct SqliteStore::Parts {
    std::filesystem::path path;
    std::chrono::milliseconds busy_timeout;
    std::optional<internal::WriterLock> lock;
    std::unique_ptr<WriteSide> write; ///< nullptr: read-only
    std::atomic<Position> last_position{0};
    std::mutex mutex; ///< guards `idle`
    std::vector<std::unique_ptr<PooledReader>> idle;

    /// Runs `use` with a reader of its own. One that threw is closed, not used again.
    template <class Use>
    auto read(Use use) {
        std::unique_ptr<PooledReader> reader = take();
        auto result = use(reader->reader);
        give_back(std::move(reader));
        return result;
    }

    std::unique_ptr<PooledReader> take() {
        {
            const std::lock_guard guard{mutex};
            if (!idle.empty()) {
                std::unique_ptr<PooledReader> reader = std::move(idle.back());
                idle.pop_back();
                return reader;
            }
        }
        return std::make_unique<PooledReader>(path, busy_timeout);
    }

    void give_back(std::unique_ptr<PooledReader> reader) {
        const std::lock_guard guard{mutex};
        if (idle.size() < idle_readers) {
            idle.push_back(std::move(reader));
        }
    }
};

std::unique_ptr<SqliteStore> SqliteStore::open(const SqliteOptions& options) {
    auto parts = std::make_unique<Parts>();
    parts->path = resolve(options.path);
    parts->busy_timeout = options.busy_timeout;
    refuse_folder(parts->path);
    if (options.read_only) {
        check_readable(parts->path, options);
    } else {
        Connection connection = open_for_writing(parts->path, options, parts->lock);
        parts->write = std::make_unique<WriteSide>(std::move(connection), options);
        parts->last_position = parts->write->appender.last_position();
    }
    return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(parts)}};
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

SqliteStore::~SqliteStore() {
    // The writer last: who closes last copies the write-ahead log into the file and removes it.
    LIBBUS_FAULT_POINT("store.close");
    parts_->idle.clear();
    parts_->write.reset();
}

std::string SqliteStore::description() const {
    return "sqlite:" + parts_->path.string();
}

std::vector<PartResult> SqliteStore::commit(std::span<const Part> parts, bool durable) {
    if (!parts_->write) {
        throw StoreError{"cannot write to " + description() +
                         ": it was opened read-only; open it for writing"};
    }
    sqlite::Appender& appender = parts_->write->appender;
    std::vector<PartResult> results = appender.commit(parts, durable);
    parts_->last_position = appender.last_position();
    return results;
}

Position SqliteStore::last_position() {
    if (parts_->write) {
        return parts_->last_position;
    }
    return parts_->read([](sqlite::Reader& reader) { return reader.last_position(); });
}

std::vector<StoredEvent> SqliteStore::read(Position after, std::size_t limit) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.read(after, limit); });
}

std::vector<StoredEvent> SqliteStore::read_type(std::string_view event_type, Position after,
                                                std::size_t limit) {
    return parts_->read(
        [&](sqlite::Reader& reader) { return reader.read_type(event_type, after, limit); });
}

std::vector<StoredEvent> SqliteStore::read_execution(std::string_view execution_id, Position after,
                                                     std::size_t limit) {
    return parts_->read(
        [&](sqlite::Reader& reader) { return reader.read_execution(execution_id, after, limit); });
}

std::vector<StoredEvent> SqliteStore::read_stream(std::string_view aggregate_type,
                                                  std::string_view aggregate_id,
                                                  std::uint64_t after_version, std::size_t limit) {
    return parts_->read([&](sqlite::Reader& reader) {
        return reader.read_stream(aggregate_type, aggregate_id, after_version, limit);
    });
}

std::optional<StoredEvent> SqliteStore::find(const Uuid& event_id) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.find(event_id); });
}

std::optional<AgentRecord> SqliteStore::agent(std::string_view name) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.agent(name); });
}

std::vector<AgentRecord> SqliteStore::agents() {
    return parts_->read([](sqlite::Reader& reader) { return reader.agents(); });
}

std::vector<DeliveryRecord> SqliteStore::deliveries(std::string_view agent, DeliveryState state) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.deliveries(agent, state); });
}

std::optional<DeliveryRecord> SqliteStore::delivery(std::string_view agent, Position position) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.delivery(agent, position); });
}

std::optional<StateRecord> SqliteStore::state(std::string_view agent, std::string_view key) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.state(agent, key); });
}

std::vector<StateRecord> SqliteStore::states(std::string_view agent, std::string_view prefix) {
    return parts_->read([&](sqlite::Reader& reader) { return reader.states(agent, prefix); });
}

} // namespace bus
