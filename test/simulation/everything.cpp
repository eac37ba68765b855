#include "test/simulation/checks.hpp"
#include <bus/event/codec.hpp>
#include <bus/event/timestamp.hpp>

#include <sqlite3.h>

#include <memory>
#include <stdexcept>

namespace simulation {

namespace {

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Database open(const std::filesystem::path& path) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    Database result{opened, &sqlite3_close};
    if (code != SQLITE_OK) {
        throw std::runtime_error{path.string() + ": " + sqlite3_errstr(code)};
    }
    return result;
}

Statement prepare(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
        throw std::runtime_error{sql + ": " + sqlite3_errmsg(db)};
    }
    return {prepared, &sqlite3_finalize};
}

void add_value(sqlite3_stmt* row, int column, std::string& text) {
    const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(row, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
    if (sqlite3_column_type(row, column) != SQLITE_BLOB) {
        text.append(reinterpret_cast<const char*>(bytes), bytes == nullptr ? 0 : size);
        return;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
}

/// True for checksums. They cover messages that name the folder, and verify() has checked them.
bool tells_of_folder(std::string_view column) {
    return column.ends_with("checksum");
}

void add_rows(sqlite3* db, const std::string& table, std::string& text) {
    const Statement rows = prepare(db, "SELECT * FROM \"" + table + '"');
    int code = sqlite3_step(rows.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
        text += table;
        for (int column = 0; column < sqlite3_column_count(rows.get()); ++column) {
            if (tells_of_folder(sqlite3_column_name(rows.get(), column))) {
                continue;
            }
            text += '|';
            add_value(rows.get(), column, text);
        }
        text += '\n';
    }
    if (code != SQLITE_DONE) {
        throw std::runtime_error{table + ": " + sqlite3_errmsg(db)};
    }
}

void add_database(const std::filesystem::path& path, std::string& text) {
    const Database db = open(path);
    const Statement tables =
        prepare(db.get(), "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    while (sqlite3_step(tables.get()) == SQLITE_ROW) {
        add_rows(db.get(), reinterpret_cast<const char*>(sqlite3_column_text(tables.get(), 0)),
                 text);
    }
}

} // namespace

std::string everything(World& world) {
    std::string text;
    add_database(world.store(), text);
    add_database(world.books(), text);
    const std::string folder = world.folder.string();
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
        text.replace(at, folder.size(), "~");
    }
    return text;
}

} // namespace simulation
