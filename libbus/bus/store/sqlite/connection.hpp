#pragma once

#include <bus/event/uuid.hpp>
#include <bus/store/sqlite/at_rest.hpp>
#include <bus/store/sqlite/database_file.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

/// The small part of SQLite that the store needs. All errors are StoreErrors that name the file,
/// what was being done, what SQLite reported, and what to do. Nothing here is thread safe: a
/// connection and its statements belong to one thread at a time.
namespace bus::sqlite {

class Checksum;

struct CloseConnection {
    void operator()(sqlite3* handle) const noexcept;
};

struct FinalizeStatement {
    void operator()(sqlite3_stmt* handle) const noexcept;
};

/// How a file is opened.
enum class Access {
    read_write, ///< creates the file if it is missing
    existing,   ///< the same, but the file must exist
    read_only,
    file_alone, ///< read-only, without its write-ahead log, even if a program has the file open
};

/// An open database.
class Connection {
public:
    /// Opens the file, and creates it if the access allows that. Nothing is written yet. Triggers
    /// do not run for what is written over this connection.
    Connection(std::filesystem::path path, Access access, std::chrono::milliseconds timeout);

    /// Runs statements without parameters and ignores their rows. `doing` completes the sentence
    /// "cannot ..." of an error.
    void execute(const char* sql, const char* doing);
    /// The first column of the first row of a statement; 0 if there is no row.
    std::int64_t integer(const char* sql, const char* doing);
    /// Like integer(), but as text.
    std::string text(const char* sql, const char* doing);

    /// Whether closing the last connection may copy the write-ahead log into the file.
    void checkpoint_on_close(bool yes);

    /// Sets how long to wait for another program that holds the file locked.
    void busy_timeout(std::chrono::milliseconds most);

    /// The number of rows that the last INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::size_t changes() const noexcept;
    /// The rowid of the last INSERT.
    [[nodiscard]] std::int64_t inserted_id() const noexcept;

    /// The number of rows changed since the connection was opened.
    [[nodiscard]] std::int64_t total_changes() const noexcept;

    /// From now on, each transaction that changes something stamps the row of the log (stamp_log),
    /// at the latest when it commits. Requires a store of the newest schema.
    void stamp_commits() noexcept { stamps_commits_ = true; }

    /// Marks the open transaction as stamped. Returns false if it was already.
    bool note_stamp() noexcept { return !std::exchange(stamped_, true); }

    /// Ends a transaction that is left because the disk refused its ROLLBACK, if there is one.
    void end_leftover();

    [[nodiscard]] bool in_transaction() const noexcept;
    /// Whether the file could only be opened for reading.
    [[nodiscard]] bool is_read_only() const noexcept;

    /// Whether the file was opened as one at rest (AtRest) and no longer is. A new connection reads
    /// it like any other file.
    [[nodiscard]] bool is_outdated() const { return at_rest_ && at_rest_->is_over(); }

    /// Throws if is_outdated(), so that what was read meanwhile is not relied on.
    void check_unchanged() const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

    /// Throws the StoreError for a result code.
    [[noreturn]] void fail(int code, const char* doing) const;

private:
    friend class Transaction;

    std::filesystem::path path_;
    Access access_;
    bool stamps_commits_ = false;
    bool stamped_ = false; ///< true of the open transaction
    /// Constructed before the handle, and destroyed after it.
    std::shared_ptr<internal::DatabaseFile> file_;
    std::optional<AtRest> at_rest_;
    std::unique_ptr<sqlite3, CloseConnection> handle_;
};

/// A prepared statement. It is prepared once and run often.
class Statement {
public:
    /// One run of the statement. Its end resets the statement, because an open cursor would block
    /// checkpoints.
    class Run {
    public:
        explicit Run(Statement& statement) noexcept : statement_{statement} {}

        ~Run();
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;

        /// Goes to the next row. Returns false if there is none.
        bool next();
        /// Like next(), for a statement that returns no rows. Returns false if a UNIQUE constraint
        /// refused it.
        bool insert();

        // Columns are counted from 0.
        [[nodiscard]] bool is_null(int column) const noexcept;
        [[nodiscard]] std::int64_t integer(int column) const noexcept;
        [[nodiscard]] std::uint64_t number(int column) const noexcept;
        [[nodiscard]] std::string text(int column) const;
        /// The bytes of a text or blob, valid until the next row.
        [[nodiscard]] std::string_view view(int column) const;
        /// Adds the column as it was bound when the row was written.
        void add_to(Checksum& checksum, int column) const;
        /// Returns a zero UUID for NULL. Throws if the column is not a blob of 16 bytes.
        [[nodiscard]] Uuid uuid(int column) const;

    private:
        Statement& statement_;
    };

    /// `doing` completes the sentence "cannot ..." of an error. `sql` and `doing` must be literals.
    Statement(const Connection& connection, const char* sql, const char* doing);

    /// Binds the parameters in order and starts a run. Texts and blobs are not copied; they must
    /// exist until the run has ended.
    template <class... Values>
    [[nodiscard]] Run run(const Values&... values) {
        [[maybe_unused]] int parameter = 0;
        (bind(++parameter, values), ...);
        return Run{*this};
    }

    /// Runs the statement to its end; for a statement that returns no rows.
    template <class... Values>
    void execute(const Values&... values) {
        run(values...).next();
    }

private:
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::uint64_t value);
    void bind(int parameter, std::uint32_t value);
    void bind(int parameter, std::string_view value);
    void bind(int parameter, const Uuid& value);
    void bind(int parameter, const Uuid* value); ///< nullptr: NULL
    void bind(int parameter, const std::optional<std::int64_t>& value);
    void bind(int parameter, const std::optional<std::string_view>& value);
    void check(int code) const;

    const Connection& connection_;
    const char* doing_;
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle_;
};

/// A write transaction. BEGIN IMMEDIATE waits for its turn at the start, so it never fails half way
/// with SQLITE_BUSY_SNAPSHOT. Rolled back unless committed.
class Transaction {
public:
    explicit Transaction(Connection& connection);

    /// Tag: takes over a transaction that has begun.
    struct Begun {};

    Transaction(Connection& connection, Begun /*tag*/) noexcept
        : connection_{connection}, changes_before_{connection.total_changes()} {
        connection.stamped_ = false;
    }

    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

    /// Whether the transaction has changed a row.
    [[nodiscard]] bool has_changes() const noexcept {
        return connection_.total_changes() != changes_before_;
    }

private:
    Connection& connection_;
    std::int64_t changes_before_;
};

} // namespace bus::sqlite
