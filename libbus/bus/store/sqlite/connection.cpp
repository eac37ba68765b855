#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/code_advice.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/system_advice.hpp>
#include <bus/store/sqlite/writer_lock.hpp>

#include <fcntl.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace bus::sqlite {

namespace {

int flags_of(Access access) noexcept {
    switch (access) {
    case Access::read_write: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::existing: return SQLITE_OPEN_READWRITE;
    case Access::read_only:
    case Access::file_alone: break;
    }
    return SQLITE_OPEN_READONLY;
}

std::uint64_t to_unsigned(std::int64_t value) noexcept {
    return static_cast<std::uint64_t>(value);
}

} // namespace

void CloseConnection::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

Connection::Connection(std::filesystem::path path, Access access, std::chrono::milliseconds timeout)
    : path_{std::move(path)}, access_{access}, file_{internal::DatabaseFile::find(path_)} {
    internal::check_length(path_, "open");
    if (file_ && access != Access::read_write) {
        internal::refuse_other_door(*file_, path_);
    }
    int flags = flags_of(access) | SQLITE_OPEN_NOMUTEX;
    std::string name = path_.string();
    if (access == Access::read_only) {
        at_rest_ = AtRest::look(path_);
    }
    if (at_rest_) {
        flags |= SQLITE_OPEN_URI;
        name = at_rest_->uri();
    } else if (access == Access::file_alone) {
        flags |= SQLITE_OPEN_URI;
        name = immutable_uri(path_);
    }
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) {
        fail(code, "open the store");
    }
    sqlite3_extended_result_codes(handle, 1);
    // libbus has no triggers. One that another program creates, even while we run, must not change
    // what we write.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    // Must come before anything else, in particular journal_mode: without a timeout, that fails
    // while another program opens the file.
    busy_timeout(timeout);
}

void Connection::busy_timeout(std::chrono::milliseconds most) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(most.count()));
}

std::size_t Connection::changes() const noexcept {
    return static_cast<std::size_t>(sqlite3_changes(handle_.get()));
}

std::int64_t Connection::total_changes() const noexcept {
    return sqlite3_total_changes(handle_.get());
}

std::int64_t Connection::inserted_id() const noexcept {
    return sqlite3_last_insert_rowid(handle_.get());
}

void Connection::execute(const char* sql, const char* doing) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(code, doing);
    }
}

std::int64_t Connection::integer(const char* sql, const char* doing) {
    Statement statement{*this, sql, doing};
    Statement::Run run = statement.run();
    return run.next() ? run.integer(0) : 0;
}

std::string Connection::text(const char* sql, const char* doing) {
    Statement statement{*this, sql, doing};
    Statement::Run run = statement.run();
    if (!run.next()) {
        return {};
    }
    std::string result = run.text(0);
    // A PRAGMA commits its setting after it has returned its row. So the commit may fail although
    // the row says that the setting was made.
    run.next();
    return result;
}

void Connection::checkpoint_on_close(bool yes) {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, yes ? 0 : 1, nullptr);
}

void Connection::end_leftover() {
    if (in_transaction()) {
        execute("ROLLBACK", "roll back what failed in");
    }
}

bool Connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool Connection::is_read_only() const noexcept {
    return sqlite3_db_readonly(handle_.get(), "main") == 1;
}

void Connection::check_unchanged() const {
    if (is_outdated()) {
        throw StoreError{"cannot read sqlite:" + path_.string() +
                         ": another program has opened it for writing meanwhile; read it again"};
    }
}

void Connection::fail(int code, const char* doing) const {
    const int last_error = errno; // of the system; SQLite does not keep all of them
    sqlite3* handle = handle_.get();
    // Without a handle (out of memory), only the code itself is known.
    const int extended = handle != nullptr ? sqlite3_extended_errcode(handle) : SQLITE_OK;
    const int told = (extended & 0xff) == (code & 0xff) ? extended : code;
    const char* said =
        handle != nullptr && told == extended ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    int system_error = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    if ((told & 0xff) == SQLITE_BUSY) {
        // Any other one is from an earlier failure.
        system_error = last_error == ENOLCK ? ENOLCK : 0;
    } else if ((told & 0xff) == SQLITE_CANTOPEN && internal::is_out_of_descriptors(system_error)) {
        system_error = EMFILE;
    }
    std::string message = "cannot ";
    message.append(doing).append(" sqlite:").append(path_.string()).append(": ").append(said);
    message.append(" (SQLite code ").append(std::to_string(told));
    if (system_error != 0) {
        message.append(", system: ").append(std::strerror(system_error));
    }
    message.append("); ").append(advice(told, system_error, path_, access_));
    if (is_damage(told)) {
        throw StoreDamaged{message};
    }
    if (is_failed_read(told)) {
        throw ReadFailed{message};
    }
    throw StoreError{message};
}

Statement::Statement(const Connection& connection, const char* sql, const char* doing)
    : connection_{connection}, doing_{doing} {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        &handle, nullptr);
    handle_.reset(handle);
    check(code);
}

void Statement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), parameter, value));
}

void Statement::bind(int parameter, std::uint64_t value) {
    // SQLite's integers are signed; no position, version or count comes near the limit.
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    bind(parameter, static_cast<std::int64_t>(std::min(value, most)));
}

void Statement::bind(int parameter, std::uint32_t value) {
    bind(parameter, std::int64_t{value});
}

void Statement::bind(int parameter, std::string_view value) {
    // A null pointer would bind NULL, which is not the same as an empty text.
    const char* text = value.data() != nullptr ? value.data() : "";
    check(sqlite3_bind_text64(handle_.get(), parameter, text, value.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
}

void Statement::bind(int parameter, const Uuid& value) {
    check(sqlite3_bind_blob(handle_.get(), parameter, value.data.data(),
                            static_cast<int>(value.data.size()), SQLITE_STATIC));
}

void Statement::bind(int parameter, const Uuid* value) {
    if (value != nullptr) {
        bind(parameter, *value);
    } else {
        check(sqlite3_bind_null(handle_.get(), parameter));
    }
}

void Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
    if (value) {
        bind(parameter, *value);
    } else {
        check(sqlite3_bind_null(handle_.get(), parameter));
    }
}

void Statement::bind(int parameter, const std::optional<std::string_view>& value) {
    if (value) {
        bind(parameter, *value);
    } else {
        check(sqlite3_bind_null(handle_.get(), parameter));
    }
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) {
        connection_.fail(code, doing_);
    }
}

Statement::Run::~Run() {
    // This returns the error of the step again, which was thrown already.
    sqlite3_reset(statement_.handle_.get());
}

bool Statement::Run::next() {
    const int code = sqlite3_step(statement_.handle_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        statement_.connection_.fail(code, statement_.doing_);
    }
    return false;
}

bool Statement::Run::insert() {
    const int code = sqlite3_step(statement_.handle_.get());
    if (code == SQLITE_CONSTRAINT_UNIQUE) {
        return false;
    }
    if (code != SQLITE_DONE) {
        statement_.connection_.fail(code, statement_.doing_);
    }
    return true;
}

bool Statement::Run::is_null(int column) const noexcept {
    return sqlite3_column_type(statement_.handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::Run::integer(int column) const noexcept {
    return sqlite3_column_int64(statement_.handle_.get(), column);
}

std::uint64_t Statement::Run::number(int column) const noexcept {
    return to_unsigned(integer(column));
}

void Statement::Run::add_to(Checksum& checksum, int column) const {
    sqlite3_stmt* handle = statement_.handle_.get();
    switch (sqlite3_column_type(handle, column)) {
    case SQLITE_INTEGER: checksum.add(integer(column)); break;
    case SQLITE_FLOAT: checksum.add_real(sqlite3_column_double(handle, column)); break;
    case SQLITE_TEXT: checksum.add(view(column)); break;
    case SQLITE_BLOB: checksum.add_blob(view(column)); break;
    default: checksum.add_null(); break;
    }
}

std::string_view Statement::Run::view(int column) const {
    sqlite3_stmt* handle = statement_.handle_.get();
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle, column));
    if (bytes == nullptr) {
        return {};
    }
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle, column))};
}

std::string Statement::Run::text(int column) const {
    return std::string{view(column)};
}

Uuid Statement::Run::uuid(int column) const {
    sqlite3_stmt* handle = statement_.handle_.get();
    Uuid uuid{};
    const void* bytes = sqlite3_column_blob(handle, column);
    if (bytes == nullptr) {
        return uuid;
    }
    if (static_cast<std::size_t>(sqlite3_column_bytes(handle, column)) != uuid.data.size()) {
        statement_.connection_.fail(SQLITE_CORRUPT, statement_.doing_);
    }
    std::memcpy(uuid.data.data(), bytes, uuid.data.size());
    return uuid;
}

Transaction::Transaction(Connection& connection)
    : connection_{connection}, changes_before_{connection.total_changes()} {
    connection_.stamped_ = false;
    connection_.execute("BEGIN IMMEDIATE", "begin to write to");
}

Transaction::~Transaction() {
    // After a COMMIT, and after some errors (disk full), SQLite has ended the transaction already.
    // If the ROLLBACK fails, end_leftover() tries it again.
    if (connection_.in_transaction()) {
        sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    if (connection_.stamps_commits_ && !connection_.stamped_ && has_changes()) {
        stamp_log(connection_);
    }
    connection_.execute("COMMIT", "commit to");
}

} // namespace bus::sqlite
