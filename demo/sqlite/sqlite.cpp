#include "demo/sqlite/sqlite.hpp"

#include <sqlite3.h>

namespace demo::sqlite {

namespace {

[[noreturn]] void fail(sqlite3* connection, int code) {
    // Without a handle (out of memory while opening), only the code itself is known.
    const int extended = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
    const int told = extended != SQLITE_OK ? extended : code;
    const char* text = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    throw Error(told, std::string(text) + " (SQLite code " + std::to_string(told) + ")");
}

void roll_back(Connection& connection) noexcept {
    // After some errors (disk full, I/O) SQLite has already rolled back. If ROLLBACK fails, nothing
    // more can be done: the next BEGIN reports the error.
    try {
        if (connection.in_transaction())
            connection.execute("ROLLBACK");
    } catch (const Error&) {
    }
}

} // namespace

void CloseConnection::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

Query::~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Query::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        fail(connection_, code);
    return false;
}

std::int64_t Query::integer(int column) const noexcept {
    return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr)
        return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::bind(int parameter, std::int64_t value) {
    if (const int code = sqlite3_bind_int64(statement_, parameter, value); code != SQLITE_OK) {
        fail(connection_, code);
    }
}

void Query::bind(int parameter, std::string_view value) {
    // A null pointer would bind NULL instead of an empty text.
    const char* bytes = value.data() != nullptr ? value.data() : "";
    const int code = sqlite3_bind_text64(statement_, parameter, bytes, value.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK)
        fail(connection_, code);
}

Connection::Connection(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK)
        fail(handle, code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
}

void Connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        fail(handle_.get(), code);
}

std::int64_t Connection::last_insert_id() const noexcept {
    return sqlite3_last_insert_rowid(handle_.get());
}

bool Connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool Connection::is_read_only() const noexcept {
    return sqlite3_db_readonly(handle_.get(), "main") == 1;
}

sqlite3_stmt* Connection::prepared(std::string_view sql) {
    if (const auto found = cache_.find(sql); found != cache_.end())
        return found->second.get();
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        fail(handle_.get(), code);
    cache_[sql].reset(statement);
    return statement;
}

WriteTransaction::WriteTransaction(Connection& connection) : connection_(connection) {
    connection_.run("BEGIN IMMEDIATE");
}

WriteTransaction::~WriteTransaction() {
    roll_back(connection_);
}

void WriteTransaction::commit() {
    connection_.run("COMMIT");
}

ReadTransaction::ReadTransaction(Connection& connection) : connection_(connection) {
    connection_.run("BEGIN");
}

ReadTransaction::~ReadTransaction() {
    roll_back(connection_);
}

} // namespace demo::sqlite
