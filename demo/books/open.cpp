#include "demo/books/books.hpp"
#include "demo/books/translate.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

namespace demo {

namespace {

/// "LBBK" in ASCII: distinguishes our books from any other SQLite file.
constexpr std::int64_t books_application_id = 0x4c42424b;
constexpr std::int64_t schema_version = 1;

// Amounts are TEXT: SQLite's numbers are binary, and 396.00 must stay 396.00.
constexpr const char* schema = R"sql(
CREATE TABLE orders(
    database_id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE,
    marketplace TEXT NOT NULL,
    buyer_email TEXT NOT NULL,
    purchase_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    principal_amount TEXT NOT NULL,
    net_proceeds TEXT NOT NULL,
    financial_lines_count INTEGER NOT NULL
) STRICT;
CREATE TABLE partners(
    partner_id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    marketplace TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX partner_by_email ON partners(email) WHERE email <> '';
CREATE UNIQUE INDEX partner_by_marketplace ON partners(marketplace) WHERE email = '';
CREATE TABLE number_series(
    series TEXT PRIMARY KEY,
    last_number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE invoices(
    invoice_id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE REFERENCES orders(order_id),
    idempotency_key TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL UNIQUE,
    series TEXT NOT NULL,
    series_number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    partner_id INTEGER NOT NULL REFERENCES partners(partner_id),
    invoice_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    order_total TEXT NOT NULL,
    net_proceeds TEXT NOT NULL,
    UNIQUE (series, series_number)
) STRICT;
CREATE TABLE invoice_lines(
    invoice_id INTEGER NOT NULL REFERENCES invoices(invoice_id),
    line_number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'fee', 'promotion')),
    type TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (invoice_id, line_number)
) STRICT, WITHOUT ROWID;
)sql";

std::int64_t number_of(sqlite::Connection& db, std::string_view sql) {
    auto query = db.query(sql);
    query.step();
    return query.integer(0);
}

/// Creates a missing file with mode 0600; SQLite would let everybody read it. SQLite's files beside
/// it get the same mode. If this fails, opening the file reports why.
void create_private(const std::filesystem::path& path) {
    std::error_code ignored;
    if (path == ":memory:" || std::filesystem::exists(path, ignored)) {
        return; // closing another descriptor of the file would release SQLite's locks on it
    }
    if (const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); file >= 0) {
        ::close(file);
    }
}

/// Whether the file holds our schema (true) or is empty (false). Throws in all other cases.
bool holds_books(sqlite::Connection& db, const std::filesystem::path& path) {
    const auto unusable = [&path](const std::string& why) {
        throw BooksUnusable("books " + path.string() + ": " + why, path);
    };
    const auto application = number_of(db, "PRAGMA application_id");
    const auto version = number_of(db, "PRAGMA user_version");
    if (application == 0 && version == 0 &&
        number_of(db, "SELECT count(*) FROM sqlite_schema") == 0) {
        return false;
    }
    if (application != books_application_id) {
        unusable("the file is a SQLite database of another program; it was left as it is: name "
                 "another path for the books");
    }
    if (version > schema_version) {
        unusable("the file has schema version " + std::to_string(version) +
                 ", this program knows versions up to " + std::to_string(schema_version) +
                 "; it was left as it is: use a newer program, or name another path");
    }
    if (version != schema_version) {
        unusable("the file has schema version " + std::to_string(version) +
                 ", which no program of ours writes: restore it from a backup");
    }
    return true;
}

} // namespace

Books::Books(std::filesystem::path path, const BooksOptions& options) : path_(std::move(path)) {
    if (path_.empty()) {
        throw BooksUnusable("books: the path is empty: name a file, or :memory:", path_);
    }
    translated("open the file", path_, [&] { open_in_turn(options); });
}

/// If two programs change a new file to WAL at the same time, SQLite does not wait, because it
/// could wait forever. So opening is repeated as a whole, until the busy timeout is over.
void Books::open_in_turn(const BooksOptions& options) {
    constexpr int pause_ms = 10;
    for (std::chrono::milliseconds waited{0};; waited += std::chrono::milliseconds(pause_ms)) {
        try {
            open(options);
            return;
        } catch (const sqlite::Error& error) {
            if ((error.code() & 0xff) != SQLITE_BUSY || waited >= options.busy_timeout)
                throw;
        }
        db_.reset();
        sqlite3_sleep(pause_ms);
    }
}

void Books::open(const BooksOptions& options) {
    create_private(path_);
    db_.emplace(path_, options.busy_timeout);
    // Check before setting anything: a file that is not ours must not even change to WAL. Check in
    // one transaction: another program may be creating the file.
    {
        const sqlite::ReadTransaction transaction(*db_);
        holds_books(*db_, path_);
    }
    if (db_->is_read_only()) {
        throw BooksUnusable("books " + path_.string() +
                                ": the file may not be written: give this user the right to write "
                                "it, or name another path",
                            path_);
    }
    {
        auto query = db_->query("PRAGMA journal_mode=WAL");
        query.step();
        const std::string mode = query.text(0);
        query.step(); // the change is committed after the row, and may fail only then
        if (mode != "wal" && mode != "memory") {
            throw BooksUnusable("books " + path_.string() +
                                    ": the file system allows no write-ahead log (mode " + mode +
                                    "): put the books on a local disk",
                                path_);
        }
    }
    db_->execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    if (options.max_pages > 0) {
        db_->execute(("PRAGMA max_page_count=" + std::to_string(options.max_pages)).c_str());
    }
    create_schema();
}

void Books::create_schema() {
    // Check again inside the transaction: another program may have created the file.
    sqlite::WriteTransaction transaction(*db_);
    if (holds_books(*db_, path_))
        return;
    db_->execute(schema);
    db_->execute(("PRAGMA application_id=" + std::to_string(books_application_id) +
                  "; PRAGMA user_version=" + std::to_string(schema_version))
                     .c_str());
    transaction.commit();
}

} // namespace demo
