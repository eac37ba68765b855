#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/verify/context.hpp>

#include <sqlite3.h>

#include <charconv>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

/// Checks the file as a whole: its pages, its schema, the row of the log, the names.
namespace bus::sqlite {

namespace {

constexpr const char* looking = "verify the pages of";
constexpr const char* verifying_schema = "verify the schema of";
constexpr const char* verifying_log = "verify the end of the log of";
constexpr const char* verifying_names = "verify the names in";

/// Whether a line of SQLite's own check is about an index that does not match its table.
bool is_about_index(std::string_view line) {
    return line.find("missing from index") != std::string_view::npos ||
           line.find("entries in index") != std::string_view::npos ||
           line.find("entry in index") != std::string_view::npos ||
           line.find("unique entry") != std::string_view::npos;
}

/// SQLite's own check reports a failed read as a wrong page. This throws ReadFailed instead, unless
/// a read has failed before.
void refuse_failed_read(const VerifyContext& context, const std::string& line) {
    if (context.failed_read_is_damage) {
        return;
    }
    if (line.find("failed to get page") != std::string::npos) {
        context.connection.fail(SQLITE_IOERR_READ, looking);
    }
    constexpr std::string_view begin_of_it = "unable to get the page. error code=";
    const std::size_t at = line.find(begin_of_it);
    if (at == std::string::npos) {
        return;
    }
    int code = 0;
    std::from_chars(line.data() + at + begin_of_it.size(), line.data() + line.size(), code);
    if ((code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_SHORT_READ) {
        context.connection.fail(SQLITE_IOERR_READ, looking);
    }
}

/// An entry of sqlite_schema. An index that comes from UNIQUE or PRIMARY KEY has no statement; it
/// is checked with its table.
struct SchemaObject {
    std::string type;
    std::string name;
    std::string table; ///< the table it belongs to; for a table or view: its own name
    std::string sql;
};

using Schema = std::map<std::string, SchemaObject>; ///< key: "table events"

Schema schema_of(Connection& connection) {
    Schema schema;
    Statement read{connection,
                   "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
                   verifying_schema};
    for (Statement::Run run = read.run(); run.next();) {
        schema[run.text(0) + " " + run.text(1)] = {run.text(0), run.text(1), run.text(2),
                                                   run.text(3)};
    }
    return schema;
}

/// Whether this is a table that ANALYZE in a database shell leaves, or that a removed table with
/// AUTOINCREMENT leaves. Only SQLite can give a table such a name, and the second one cannot be
/// dropped.
bool is_of_sqlite(const SchemaObject& object) {
    return object.type == "table" &&
           (object.name.starts_with("sqlite_stat") || object.name == "sqlite_sequence");
}

std::string effect_of(const SchemaObject& object) {
    if (object.type == "trigger") {
        return "if another program writes, it may change or remove rows";
    }
    if (object.type == "index") {
        return "a UNIQUE index makes commits fail, any other index makes them slower";
    }
    return object.type == "view" ? "it shows rows, and changes none" : "libbus never looks at it";
}

Finding foreign(const SchemaObject& object) {
    if (is_of_sqlite(object)) {
        return {.kind = FindingKind::schema_changed,
                .note = true,
                .what = "table " + object.name + " is SQLite's own, made for a database shell"};
    }
    std::string what = object.type + " " + object.name;
    if (object.type == "trigger" || object.type == "index") {
        what += " on " + object.table;
    }
    return {.kind = FindingKind::schema_changed,
            .what = what + " was not made by libbus: " + effect_of(object)};
}

/// The newest position according to the events; if there are none, the last pruned position.
Position newest_event(VerifyContext& context) {
    const std::int64_t newest = context.connection.integer(
        "SELECT coalesce((SELECT max(position) FROM events), 0)", verifying_log);
    return std::max(static_cast<Position>(std::max<std::int64_t>(newest, 0)),
                    context.log.pruned_through);
}

/// There is no row of the log: takes its values from the events.
void do_without_log(VerifyContext& context) {
    context.log_known = false;
    context.log.pruned_through =
        static_cast<Position>(context.connection.integer(
            "SELECT coalesce((SELECT min(position) FROM events), 1)", verifying_log)) -
        1;
    context.log.last_position = newest_event(context);
    context.add({.kind = FindingKind::log_missing,
                 .what = "the row that says where the log ends is missing"});
}

/// The row of the log is not as it was written. If only its last position is wrong, the checksum
/// shows this.
void mend_log(VerifyContext& context, const Statement::Run& run, int columns) {
    const Position said = context.log.last_position;
    const Position newest = newest_event(context);
    context.log.last_position = newest;
    if (run.integer(columns) ==
        row_checksum_with(run, columns, 0, static_cast<std::int64_t>(newest))) {
        context.add({.kind = FindingKind::last_position_wrong,
                     .what = "the store says that its last position is " + std::to_string(said) +
                             ", and it was " + std::to_string(newest),
                     .position = newest});
        return;
    }
    context.log_known = false;
    context.add({.kind = FindingKind::log_changed,
                 .what = "the row that says where the log ends is not as it was written (last "
                         "position " +
                         std::to_string(said) + ", newest event " + std::to_string(newest) + ")"});
}

} // namespace

void verify_pages(VerifyContext& context) {
    // Each row may contain several lines.
    Statement check{context.connection, "PRAGMA integrity_check(100)", looking};
    for (Statement::Run run = check.run(); run.next();) {
        std::istringstream lines{run.text(0)};
        for (std::string line; std::getline(lines, line);) {
            if (line != "ok" && !line.starts_with("***")) {
                refuse_failed_read(context, line);
                context.add({.kind = is_about_index(line) ? FindingKind::index_wrong
                                                          : FindingKind::page_damaged,
                             .what = "SQLite says: " + line});
            }
        }
    }
}

void verify_schema(VerifyContext& context) {
    Connection fresh{":memory:", Access::read_write, context.options.busy_timeout};
    migrate(fresh);
    const Schema wanted = schema_of(fresh);
    const Schema found = schema_of(context.connection);
    for (const auto& [key, object] : wanted) {
        const auto there = found.find(key);
        if (there == found.end()) {
            context.add({.kind = FindingKind::schema_changed, .what = key + " is missing"});
        } else if (there->second.sql != object.sql) {
            context.add({.kind = FindingKind::schema_changed,
                         .what = key + " is not as libbus has made it"});
        }
    }
    for (const auto& [key, object] : found) {
        if (!wanted.contains(key)) {
            context.add(foreign(object));
        }
    }
}

void verify_log_row(VerifyContext& context) {
    constexpr int columns = 9;
    Statement read{context.connection,
                   "SELECT last_position, last_timer, pruned_through, unchecked_through, "
                   "pruned_streams, timers, agents, generation, stored_times, checksum FROM log",
                   verifying_log};
    Statement::Run run = read.run();
    if (!run.next()) {
        do_without_log(context);
    } else {
        context.log = log_row(run);
        if (!row_is_as_written(run, columns)) {
            mend_log(context, run, columns);
        }
    }
    context.report.last_position = context.log.last_position;
    context.report.pruned_through = context.log.pruned_through;
    context.report.generation = static_cast<std::uint64_t>(context.log.generation);
}

void verify_names(VerifyContext& context) {
    Statement read{context.connection, "SELECT id, name, checksum FROM names ORDER BY id",
                   verifying_names};
    std::int64_t next = 1;
    for (Statement::Run run = read.run(); run.next(); ++next) {
        const std::int64_t id = run.integer(0);
        if (id > next) {
            context.add(
                {.kind = FindingKind::name_missing,
                 .what = "name " + std::to_string(next) +
                         (id > next + 1 ? " (and those up to " + std::to_string(id - 1) + ")"
                                        : std::string{}) +
                         " is missing"});
        }
        if (!row_is_as_written(run, 2)) {
            context.add({.kind = FindingKind::name_changed,
                         .what = "name " + std::to_string(id) + ", '" + run.text(1) +
                                 "', is not as it was written"});
        }
        context.names[id] = run.text(1);
        next = id;
    }
}

} // namespace bus::sqlite
