#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/store/internal/part_rules.hpp>
#include <bus/store/sqlite/agent_reader.hpp>
#include <bus/store/sqlite/appender.hpp>
#include <bus/store/sqlite/backup.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/files.hpp>
#include <bus/store/sqlite/open.hpp>
#include <bus/store/sqlite/reader.hpp>
#include <bus/store/sqlite/requests.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/watch.hpp>
#include <bus/store/sqlite_store.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

namespace bus {

namespace {

using sqlite::Access;
using sqlite::AgentReader;
using sqlite::Connection;
using sqlite::Reader;

/// The most that SQLite allows, minus one byte.
constexpr std::size_t most_value_bytes = 999'999'999;

/// The number of connections kept open for readers. More are opened while more threads read at the
/// same time.
constexpr std::size_t idle_readers = 8;

/// A connection for reading, with its prepared statements.
struct PooledReader {
    PooledReader(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout)
        : connection{path, Access::read_only, busy_timeout}, log{connection}, agents{connection} {
        // A small cache is enough: the system's own cache has what was written recently.
        connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048", "open for reading");
    }

    Connection connection;
    sqlite::Reader log;
    sqlite::AgentReader agents;
};

/// The writing side of a store.
struct WriteSide {
    WriteSide(Connection opened, const SqliteOptions& options)
        : connection{std::move(opened)},
          appender{connection, std::min(options.max_value_bytes, most_value_bytes)},
          watch{connection, options.path},
          triggers{connection} {}

    /// Only the files that were opened may be written, and not even these if they have been
    /// changed.
    ~WriteSide() {
        const bool known = watch.is_lost();
        try {
            watch.look();
        } catch (const StoreError& error) {
            connection.checkpoint_on_close(false);
            if (!known) { // no other code will report it
                static_cast<void>(std::fprintf(stderr, "libbus: %s\n", error.what()));
            }
        }
    }

    WriteSide(const WriteSide&) = delete;
    WriteSide& operator=(const WriteSide&) = delete;

    /// Looks at the files, runs `use` with the appender, and afterwards looks again if a look is
    /// due.
    template <class Use>
    auto write(bool durable, Use use) {
        watch.look_before_commit(durable);
        auto result = use(appender);
        watch.committed();
        return result;
    }

    Connection connection;
    sqlite::Appender appender;
    sqlite::FileWatch watch;
    sqlite::TriggerWatch triggers;
};

} // namespace

struct SqliteStore::Parts {
    const detail::HomeProcess home;
    std::filesystem::path path;
    std::chrono::milliseconds busy_timeout;
    std::size_t max_value_bytes = 0;
    std::optional<internal::WriterLock> lock;
    std::unique_ptr<WriteSide> write;  ///< nullptr: read-only
    sqlite::FileNames read_only_names; ///< only if the store is read-only
    std::atomic<Position> last_position{0};
    std::mutex mutex; ///< guards `idle`
    std::vector<std::unique_ptr<PooledReader>> idle;

    /// Throws std::logic_error in a child of fork().
    void check_process() const { home.check("a store"); }

    /// The writing side. Throws StoreError if the store is read-only.
    [[nodiscard]] WriteSide& writing() const {
        check_process();
        if (!write) {
            throw StoreError{"cannot write to sqlite:" + path.string() +
                             ": it was opened read-only; open it for writing"};
        }
        return *write;
    }

    [[nodiscard]] const sqlite::FileNames& names() const {
        return write ? write->watch.names() : read_only_names;
    }

    /// Throws StoreLost if the files are not those that were opened. If the store is open for
    /// writing, the writer does this check, and it is repeated here only if a connection is about
    /// to be opened.
    void check_place(const char* doing, bool opens) const {
        if (write) {
            write->watch.check_not_lost();
        }
        if (!write || opens) {
            names().check(doing);
        }
    }

    /// Runs `use` with a reader of its own. If `use` throws, the reader is closed and not reused.
    template <class Use>
    auto log(Use use) {
        return pooled([&use](PooledReader& reader) { return use(reader.log); });
    }

    template <class Use>
    auto agents(Use use) {
        return pooled([&use](PooledReader& reader) { return use(reader.agents); });
    }

    template <class Use>
    auto pooled(Use use) {
        check_process();
        std::unique_ptr<PooledReader> reader = take();
        try {
            auto result = use(*reader);
            reader->connection.check_unchanged();
            give_back(std::move(reader));
            return result;
        } catch (const StoreDamaged&) {
            reader->connection.check_unchanged();
            throw;
        }
    }

    std::unique_ptr<PooledReader> take() {
        check_place("read", false);
        {
            const std::lock_guard guard{mutex};
            while (!idle.empty()) {
                std::unique_ptr<PooledReader> reader = std::move(idle.back());
                idle.pop_back();
                if (!reader->connection.is_outdated()) {
                    return reader;
                }
            }
        }
        check_place("read", true);
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
    parts->path = sqlite::resolve(options.path);
    parts->busy_timeout = options.busy_timeout;
    parts->max_value_bytes = std::min(options.max_value_bytes, most_value_bytes);
    if (options.read_only) {
        sqlite::check_whole(parts->path, options);
        parts->read_only_names = sqlite::FileNames{options.path, parts->path, false};
    } else {
        Connection connection = sqlite::open_for_writing(parts->path, options, parts->lock);
        parts->write = std::make_unique<WriteSide>(std::move(connection), options);
        parts->last_position = parts->write->appender.last_position();
    }
    return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(parts)}};
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

SqliteStore::~SqliteStore() {
    if (!parts_->home.here()) {
        // Closing a connection here would release the log that the parent writes.
        detail::leave_behind(std::move(parts_));
        return;
    }
    LIBBUS_FAULT_POINT("store.close");
    // The writer is closed last: the last connection to close copies the write-ahead log into the
    // file and removes the log.
    parts_->idle.clear();
    parts_->write.reset();
}

std::string SqliteStore::description() const {
    return "sqlite:" + parts_->path.string();
}

std::vector<PartResult> SqliteStore::commit(std::span<const Part> parts, bool durable) {
    return parts_->writing().write(durable, [&](sqlite::Appender& appender) {
        std::vector<PartResult> results = appender.commit(parts, durable);
        parts_->last_position = appender.last_position();
        return results;
    });
}

std::size_t SqliteStore::prune(Position through, std::size_t limit) {
    return parts_->writing().write(
        true, [&](sqlite::Appender& appender) { return appender.prune(through, limit); });
}

std::size_t SqliteStore::prune_streams(Timestamp before, std::size_t limit) {
    return parts_->writing().write(
        true, [&](sqlite::Appender& appender) { return appender.prune_streams(before, limit); });
}

std::size_t SqliteStore::prune_requests(Timestamp before, std::size_t limit) {
    return parts_->writing().write(
        true, [&](sqlite::Appender& appender) { return appender.prune_requests(before, limit); });
}

bool SqliteStore::forget(std::string_view agent, const std::optional<RequestAnswer>& answer) {
    return parts_->writing().write(
        true, [&](sqlite::Appender& appender) { return appender.forget(agent, answer); });
}

bool SqliteStore::rename_agent(std::string_view from, std::string_view to,
                               const RequestRecord& trace) {
    return parts_->writing().write(
        true, [&](sqlite::Appender& appender) { return appender.rename_agent(from, to, trace); });
}

StoreSpace SqliteStore::space() {
    return parts_->pooled([](PooledReader& reader) {
        sqlite::Connection& connection = reader.connection;
        const char* const doing = "see how much is free in";
        const auto number = [&](const char* sql) {
            return static_cast<std::uint64_t>(connection.integer(sql, doing));
        };
        const std::uint64_t page = number("PRAGMA page_size");
        return StoreSpace{.bytes = page * number("PRAGMA page_count"),
                          .free = page * number("PRAGMA freelist_count")};
    });
}

void SqliteStore::compact() {
    WriteSide& writing = parts_->writing();
    writing.watch.look();
    writing.connection.end_leftover();
    writing.connection.execute("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; "
                               "PRAGMA wal_checkpoint(TRUNCATE)",
                               "compact");
    writing.watch.renew();
}

void SqliteStore::look() {
    parts_->check_process();
    if (parts_->write) {
        parts_->write->watch.look();
        parts_->write->triggers.look();
    }
}

void SqliteStore::backup(const std::string& to) {
    parts_->check_process();
    parts_->check_place("back up", true);
    sqlite::backup(parts_->path, to, parts_->busy_timeout);
}

std::uint64_t SqliteStore::ask(const RequestRecord& request) {
    parts_->check_process();
    internal::check_request(request);
    const std::size_t longest =
        std::max({request.who.size(), request.why.size(), request.agent.size(),
                  request.error.value_or(std::string{}).size(), request.result.size()});
    if (longest > parts_->max_value_bytes) {
        throw PartRefused{description() + " does not take a request with a text of " +
                          std::to_string(longest) + " bytes; the most is " +
                          std::to_string(parts_->max_value_bytes)};
    }
    parts_->check_place("write a request to", true);
    return sqlite::ask(parts_->path, request, parts_->busy_timeout);
}

Position SqliteStore::last_position() {
    parts_->check_process();
    if (parts_->write) {
        return parts_->last_position;
    }
    return parts_->log([](Reader& reader) { return reader.last_position(); });
}

Position SqliteStore::first_position() {
    return parts_->log([](Reader& reader) { return reader.first_position(); });
}

Position SqliteStore::last_before(Timestamp time) {
    return parts_->log([&](Reader& reader) { return reader.last_before(time); });
}

Position SqliteStore::first_dated_from(Timestamp time, Position after) {
    return parts_->log([&](Reader& reader) { return reader.first_dated_from(time, after); });
}

Position SqliteStore::last_stored_before(Timestamp time, Timestamp now) {
    return parts_->log([&](Reader& reader) { return reader.last_stored_before(time, now); });
}

std::vector<StoredEvent> SqliteStore::read(Position after, std::size_t limit) {
    return parts_->log([&](Reader& reader) { return reader.read(after, limit); });
}

std::size_t SqliteStore::read_each(Position after, std::size_t limit, const OnEvent& use) {
    return parts_->log([&](Reader& reader) { return reader.read_each(after, limit, use); });
}

std::vector<StoredEvent> SqliteStore::read_type(std::string_view event_type, Position after,
                                                std::size_t limit) {
    return parts_->log([&](Reader& reader) { return reader.read_type(event_type, after, limit); });
}

std::vector<StoredEvent> SqliteStore::read_execution(std::string_view execution_id, Position after,
                                                     std::size_t limit) {
    return parts_->log(
        [&](Reader& reader) { return reader.read_execution(execution_id, after, limit); });
}

std::vector<StoredEvent> SqliteStore::read_stream(std::string_view aggregate_type,
                                                  std::string_view aggregate_id,
                                                  std::uint64_t after_version, std::size_t limit) {
    return parts_->log([&](Reader& reader) {
        return reader.read_stream(aggregate_type, aggregate_id, after_version, limit);
    });
}

std::optional<StoredEvent> SqliteStore::find(const Uuid& event_id) {
    return parts_->log([&](Reader& reader) { return reader.find(event_id); });
}

std::vector<TimerRecord> SqliteStore::timers(Timestamp after_due, std::uint64_t after_number,
                                             std::size_t limit) {
    return parts_->log(
        [&](Reader& reader) { return reader.timers(after_due, after_number, limit); });
}

std::uint64_t SqliteStore::last_timer() {
    return parts_->log([](Reader& reader) { return reader.last_timer(); });
}

std::optional<AgentRecord> SqliteStore::agent(std::string_view name) {
    return parts_->agents([&](AgentReader& reader) { return reader.agent(name); });
}

std::vector<AgentRecord> SqliteStore::agents() {
    return parts_->agents([](AgentReader& reader) { return reader.agents(); });
}

std::vector<DeliveryRecord> SqliteStore::deliveries(std::string_view agent, DeliveryState state,
                                                    Position after, std::size_t limit) {
    return parts_->agents(
        [&](AgentReader& reader) { return reader.deliveries(agent, state, after, limit); });
}

std::optional<DeliveryRecord> SqliteStore::delivery(std::string_view agent, Position position) {
    return parts_->agents([&](AgentReader& reader) { return reader.delivery(agent, position); });
}

std::vector<DeliveryBrief> SqliteStore::delivery_briefs(std::string_view agent) {
    return parts_->agents([&](AgentReader& reader) { return reader.delivery_briefs(agent); });
}

std::optional<BegunNote> SqliteStore::begun(std::string_view agent) {
    return parts_->agents([&](AgentReader& reader) { return reader.begun(agent); });
}

std::optional<StateRecord> SqliteStore::state(std::string_view agent, std::string_view key) {
    return parts_->agents([&](AgentReader& reader) { return reader.state(agent, key); });
}

std::vector<StateRecord> SqliteStore::states(std::string_view agent, std::string_view prefix,
                                             std::string_view after_key, std::size_t limit) {
    return parts_->agents(
        [&](AgentReader& reader) { return reader.states(agent, prefix, after_key, limit); });
}

std::uint64_t SqliteStore::count_timers() {
    return parts_->log([](Reader& reader) { return reader.count_timers(); });
}

std::vector<EventCount> SqliteStore::count_events(Position after) {
    return parts_->log([&](Reader& reader) { return reader.count_events(after); });
}

std::vector<WaitingCount> SqliteStore::count_waiting(std::string_view agent) {
    return parts_->agents([&](AgentReader& reader) { return reader.count_waiting(agent); });
}

std::vector<Conservation> SqliteStore::conservation() {
    return parts_->agents([](AgentReader& reader) { return reader.conservation(); });
}

std::vector<RequestRecord> SqliteStore::requests(std::uint64_t after, std::size_t limit,
                                                 bool open_only) {
    return parts_->agents(
        [&](AgentReader& reader) { return reader.requests(after, limit, open_only); });
}

std::vector<RequestRecord> SqliteStore::newest_requests(std::uint64_t before, std::size_t limit,
                                                        bool open_only) {
    return parts_->agents(
        [&](AgentReader& reader) { return reader.newest_requests(before, limit, open_only); });
}

} // namespace bus
