// The store beside what it stands on: `libbus_append/B` commits B parts of one event durably,
// `sqlite_bulk/B` inserts the same rows with bare prepared statements, one transaction, the same
// settings and indexes.
#include <bus/store/sqlite_store.hpp>

#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

class Folder {
public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "libbus-bench-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"cannot make a temporary folder " + name};
        }
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path db() const { return path_ / "bench.db"; }

private:
    std::filesystem::path path_;
};

/// Batches of events as the pipeline makes them: UUIDv7, eight events an order, each order a
/// stream and an execution. The objects are reused, so that making them costs little.
class Feed {
public:
    explicit Feed(std::size_t batch) : parts_(batch) {
        for (bus::Part& part : parts_) {
            bus::EventRecord& record = part.events.emplace_back().record;
            record.event_type = "OrderCreatedEvent";
            record.aggregate_type = "Order";
            record.user_id = "pipeline";
            record.occurred_at = bus::parse_timestamp("2026-01-02T03:04:05.678901Z");
            record.data = R"({"order_id":"902-1845936-5435065","marketplace":"amazon.de",)"
                          R"("buyer_email":"buyer@example.org",)"
                          R"("purchase_date":"2025-09-01T00:22:59.000000Z"})";
        }
    }

    std::span<const bus::Part> next() {
        for (bus::Part& part : parts_) {
            bus::EventRecord& record = part.events.front().record;
            record.event_id = bus::make_uuid_v7(1'700'000'000'000 + number_ / 64,
                                                static_cast<std::uint16_t>(number_ % 64),
                                                number_ * 0x9e3779b97f4a7c15U);
            record.aggregate_id = "902-1845936-" + std::to_string(10'000'000 + number_ / 8);
            record.execution_id = "exec-" + std::to_string(10'000'000 + number_ / 8);
            ++number_;
        }
        return parts_;
    }

private:
    std::vector<bus::Part> parts_;
    std::uint64_t number_ = 0;
};

void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        throw std::runtime_error{std::string{"SQLite: "} + sqlite3_errstr(code)};
    }
}

/// The bare database.
class Bulk {
public:
    explicit Bulk(const std::filesystem::path& path) {
        check(sqlite3_open(path.c_str(), &handle_));
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
            "CREATE TABLE events (position INTEGER PRIMARY KEY, event_id BLOB NOT NULL,"
            " event_type INTEGER, event_version INTEGER, aggregate_type INTEGER, aggregate_id TEXT,"
            " stream_version INTEGER, execution_id TEXT, user_id TEXT, occurred_at INTEGER,"
            " causation_id BLOB, data TEXT);"
            "CREATE UNIQUE INDEX a ON events (event_id);"
            "CREATE UNIQUE INDEX b ON events (aggregate_type, aggregate_id, stream_version);"
            "CREATE INDEX c ON events (execution_id)");
        check(sqlite3_prepare_v3(handle_, "INSERT INTO events VALUES (?,?,1,?,2,?,?,?,?,?,NULL,?)",
                                 -1, SQLITE_PREPARE_PERSISTENT, &insert_, nullptr));
    }

    Bulk(const Bulk&) = delete;
    Bulk& operator=(const Bulk&) = delete;

    ~Bulk() {
        sqlite3_finalize(insert_);
        sqlite3_close(handle_);
    }

    void write(std::span<const bus::Part> parts) {
        run("BEGIN IMMEDIATE");
        for (const bus::Part& part : parts) {
            insert(part.events.front().record);
        }
        run("COMMIT");
    }

private:
    void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }

    void text(int parameter, const std::string& value) {
        check(sqlite3_bind_text(insert_, parameter, value.data(), static_cast<int>(value.size()),
                                SQLITE_STATIC));
    }

    void insert(const bus::EventRecord& record) {
        ++position_;
        sqlite3_bind_int64(insert_, 1, position_);
        sqlite3_bind_blob(insert_, 2, record.event_id.data, 16, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 3, record.event_version);
        text(4, record.aggregate_id);
        sqlite3_bind_int64(insert_, 5, (position_ - 1) % 8 + 1);
        text(6, record.execution_id);
        text(7, record.user_id);
        sqlite3_bind_int64(insert_, 8, record.occurred_at.time_since_epoch().count());
        text(9, record.data);
        check(sqlite3_step(insert_));
        sqlite3_reset(insert_);
    }

    sqlite3* handle_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    std::int64_t position_ = 0;
};

void count_events(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sqlite_bulk(benchmark::State& state) {
    const Folder folder;
    Bulk bulk{folder.db()};
    Feed feed{static_cast<std::size_t>(state.range(0))};
    for (auto _ : state) {
        bulk.write(feed.next());
    }
    count_events(state);
}

void append(benchmark::State& state, bool durable) {
    const Folder folder;
    const auto store = bus::SqliteStore::open({.path = folder.db()});
    Feed feed{static_cast<std::size_t>(state.range(0))};
    for (auto _ : state) {
        benchmark::DoNotOptimize(store->commit(feed.next(), durable));
    }
    count_events(state);
}

void libbus_append(benchmark::State& state) {
    append(state, true);
}

void libbus_append_buffered(benchmark::State& state) {
    append(state, false);
}

/// Pages of B events out of 100,000.
void libbus_read(benchmark::State& state) {
    const Folder folder;
    const auto store = bus::SqliteStore::open({.path = folder.db()});
    Feed feed{1'000};
    for (int i = 0; i < 100; ++i) {
        store->commit(feed.next(), false);
    }
    bus::Position after = 0;
    for (auto _ : state) {
        const auto page = store->read(after, static_cast<std::size_t>(state.range(0)));
        after = page.back().position;
        if (after + static_cast<bus::Position>(state.range(0)) > store->last_position()) {
            after = 0;
        }
    }
    count_events(state);
}

void batches(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(1)->Arg(16)->Arg(256)->Arg(1'024)->UseRealTime();
}

BENCHMARK(sqlite_bulk)->Apply(batches);
BENCHMARK(libbus_append)->Apply(batches);
BENCHMARK(libbus_append_buffered)->Apply(batches);
BENCHMARK(libbus_read)->Arg(1)->Arg(100)->Arg(1'000)->UseRealTime();

} // namespace
