#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

/// The part of SQLite that the books and the marketplace's index need. Internal to these two.
namespace demo::sqlite {

/// An error of SQLite, with its extended result code. The books translate it for their callers.
class Error : public std::runtime_error {
public:
    Error(int code, const std::string& message) : std::runtime_error(message), code_(code) {}

    /// The extended result code; `code() & 0xff` is the primary one.
    int code() const noexcept { return code_; }

private:
    int code_;
};

struct CloseConnection {
    void operator()(sqlite3* handle) const noexcept;
};

struct FinalizeStatement {
    void operator()(sqlite3_stmt* handle) const noexcept;
};

/// One run of a cached statement. Its destructor resets the statement, because an open cursor would
/// hold back checkpoints. Columns and parameters are counted as in SQLite: columns from 0,
/// parameters from 1, in the order in which Connection::query gets them.
class Query {
public:
    template <typename... Values>
    Query(sqlite3* connection, sqlite3_stmt* statement, const Values&... values)
        : connection_(connection), statement_(statement) {
        [[maybe_unused]] int parameter = 0;
        (bind(++parameter, values), ...);
    }

    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// Goes to the next row, and returns false if there is none. Throws Error.
    bool step();
    std::int64_t integer(int column) const noexcept;
    std::string text(int column) const;

private:
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::string_view value);

    sqlite3* connection_;
    sqlite3_stmt* statement_;
};

/// One connection. Not thread safe; its owner has to lock.
class Connection {
public:
    /// Opens or creates the file and sets the busy timeout; changes nothing in the file. Throws
    /// Error.
    Connection(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout);

    /// Runs statements without parameters; their rows are dropped. Throws Error.
    void execute(const char* sql);

    /// Starts a cached statement. `sql` must be a literal: its text is the key of the cache, and
    /// has to outlive the cache.
    template <typename... Values>
    Query query(std::string_view sql, const Values&... values) {
        return Query(handle_.get(), prepared(sql), values...);
    }

    /// Runs a statement that gives no rows.
    template <typename... Values>
    void run(std::string_view sql, const Values&... values) {
        query(sql, values...).step();
    }

    std::int64_t last_insert_id() const noexcept;
    bool in_transaction() const noexcept;
    bool is_read_only() const noexcept;

private:
    sqlite3_stmt* prepared(std::string_view sql);

    std::unique_ptr<sqlite3, CloseConnection> handle_;
    std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> cache_;
};

/// A write transaction. It begins with BEGIN IMMEDIATE, so it waits for other writers at the start
/// and never fails half way with SQLITE_BUSY_SNAPSHOT. Rolls back unless committed.
class WriteTransaction {
public:
    explicit WriteTransaction(Connection& connection);
    ~WriteTransaction();
    WriteTransaction(const WriteTransaction&) = delete;
    WriteTransaction& operator=(const WriteTransaction&) = delete;

    void commit();

private:
    Connection& connection_;
};

/// A read snapshot over several queries.
class ReadTransaction {
public:
    explicit ReadTransaction(Connection& connection);
    ~ReadTransaction();
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;

private:
    Connection& connection_;
};

} // namespace demo::sqlite
