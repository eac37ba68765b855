#include "demo/marketplace/line_index.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

namespace demo {
namespace {

// SQLite's integers are signed. Only the bits matter here.
std::int64_t to_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::uint64_t to_unsigned(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

/// Calls `use`, and throws errors of SQLite as std::system_error.
template <typename Use>
auto on_file(Use use) {
    try {
        return use();
    } catch (const sqlite::Error& error) {
        const int code = error.code() & 0xff;
        throw std::system_error(
            code == SQLITE_FULL ? ENOSPC : EIO, std::generic_category(),
            std::string("cannot keep the index of the feed's lines in a temporary file (make room "
                        "there, or set TMPDIR to another folder): ") +
                error.what());
    }
}

} // namespace

LineIndex::LineIndex()
    : database_(on_file([] { return sqlite::Connection("", std::chrono::milliseconds(0)); })) {
    on_file([this] {
        // No other program uses the file, and it is removed with this one, so it need not be
        // synced. The journal is needed to roll back if the disk is full.
        database_.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                          "PRAGMA cache_size = -2048;"
                          "CREATE TABLE lines(key TEXT PRIMARY KEY, offset INTEGER NOT NULL,"
                          " length INTEGER NOT NULL, hash INTEGER NOT NULL,"
                          " too_long INTEGER NOT NULL) WITHOUT ROWID");
    });
}

std::optional<LineIndex::Place> LineIndex::find(std::string_view key) {
    return on_file([&]() -> std::optional<Place> {
        auto query =
            database_.query("SELECT offset, length, hash, too_long FROM lines WHERE key = ?", key);
        if (!query.step())
            return std::nullopt;
        return Place{to_unsigned(query.integer(0)), to_unsigned(query.integer(1)),
                     to_unsigned(query.integer(2)), query.integer(3) != 0};
    });
}

void LineIndex::add(std::string_view key, const Place& place) {
    on_file([&] {
        database_.run("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", key, to_signed(place.offset),
                      to_signed(place.length), to_signed(place.hash),
                      std::int64_t{place.too_long ? 1 : 0});
    });
}

} // namespace demo
