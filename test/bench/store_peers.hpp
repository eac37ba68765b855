#pragma once

#include <bus/store/sqlite_store.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

/// The peers with which the store is compared.
namespace bench {

/// The minimum: bytes at the end of a file, and the disk's confirmation.
class RawLog {
public:
    explicit RawLog(const std::filesystem::path& path)
        : file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)} {
        if (file_ < 0) {
            throw std::system_error{errno, std::generic_category(), "open " + path.string()};
        }
    }

    RawLog(const RawLog&) = delete;
    RawLog& operator=(const RawLog&) = delete;

    ~RawLog() { ::close(file_); }

    void write(const std::string& bytes) {
        if (::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
            ::fdatasync(file_) != 0) {
            throw std::system_error{errno, std::generic_category(), "write"};
        }
    }

private:
    int file_;
};

/// The same rows in the file of a store, with only prepared statements. As in the store, one row
/// holds the last position: the schema needs it, because positions are never used twice.
class Bulk {
public:
    explicit Bulk(const std::filesystem::path& path) {
        bus::SqliteStore::open({.path = path}); // makes the tables and indexes
        check(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                              nullptr));
        // The store's own settings, for a durable commit.
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;"
            "INSERT INTO names (id, name) VALUES (1, 'OrderedEvent'), (2, 'Ordered')");
        begin_ = prepare("BEGIN IMMEDIATE");
        commit_ = prepare("COMMIT");
        insert_ = prepare("INSERT INTO events VALUES (?,?,1,?,2,?,?,?,?,?,NULL,?,?)");
        write_log_ = prepare("UPDATE log SET last_position = ?");
    }

    Bulk(const Bulk&) = delete;
    Bulk& operator=(const Bulk&) = delete;

    ~Bulk() {
        for (sqlite3_stmt* statement : {begin_, commit_, insert_, write_log_}) {
            sqlite3_finalize(statement);
        }
        sqlite3_close(handle_);
    }

    void write(std::span<const bus::Part> parts) {
        step(begin_);
        for (const bus::Part& part : parts) {
            insert(part.events.front().record);
        }
        sqlite3_bind_int64(write_log_, 1, position_);
        step(write_log_);
        step(commit_);
    }

private:
    static void check(int code) {
        if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
            throw std::runtime_error{std::string{"SQLite: "} + sqlite3_errstr(code)};
        }
    }

    static void step(sqlite3_stmt* statement) {
        check(sqlite3_step(statement));
        sqlite3_reset(statement);
    }

    void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }

    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
        return statement;
    }

    void text(int parameter, const std::string& value) {
        sqlite3_bind_text(insert_, parameter, value.data(), static_cast<int>(value.size()),
                          SQLITE_STATIC);
    }

    void insert(const bus::EventRecord& record) {
        ++position_;
        sqlite3_bind_int64(insert_, 1, position_);
        sqlite3_bind_blob(insert_, 2, record.event_id.data.data(), 16, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 3, record.event_version);
        text(4, record.aggregate_id);
        sqlite3_bind_int64(insert_, 5, (position_ - 1) % 8 + 1);
        text(6, record.execution_id);
        text(7, record.user_id);
        sqlite3_bind_int64(insert_, 8, record.occurred_at.time_since_epoch().count());
        text(9, record.data);
        // As large as a checksum; it costs the peer no calculation.
        const std::uint64_t any = static_cast<std::uint64_t>(position_) * 0x9e3779b97f4a7c15U;
        sqlite3_bind_int64(insert_, 10, static_cast<sqlite3_int64>(any));
        step(insert_);
    }

    sqlite3* handle_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* write_log_ = nullptr;
    std::int64_t position_ = 0;
};

} // namespace bench
