#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/mixed.hpp>
#include <bus/store/sqlite/pages.hpp>
#include <bus/store/sqlite/salvage_rows.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite/wal.hpp>
#include <bus/store/sqlite/way_back.hpp>
#include <bus/store/verify.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>

namespace bus::sqlite {

namespace {

constexpr const char* comparing = "compare with its write-ahead log";
/// Columns of the row of the log, from schema 5 on.
constexpr std::size_t previous_column = 13;
constexpr std::size_t stamp_column = 14;

/// A read transaction. While it lasts, no program can begin the write-ahead log anew.
class Reading {
public:
    explicit Reading(Connection& connection) : connection_{connection} {
        // Reads the first page, but not the schema, which may come from two files.
        connection_.execute("BEGIN; PRAGMA schema_version", comparing);
    }

    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    ~Reading() { sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

private:
    Connection& connection_;
};

/// The row of the log in the file without its write-ahead log.
struct FileAlone {
    std::uint32_t page = 0;            ///< the page that holds it
    std::optional<std::int64_t> stamp; ///< none before schema 5
};

/// Returns none if the row cannot be read: pages of the file may be half way through a checkpoint
/// that was cut off by a crash or a power failure.
std::optional<FileAlone> read_alone(const Connection& connection) {
    try {
        Connection alone{connection.path(), Access::file_alone, {}};
        if (alone.integer("PRAGMA application_id", comparing) != application_id) {
            return std::nullopt;
        }
        FileAlone file;
        file.page = static_cast<std::uint32_t>(alone.integer(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'log'", comparing));
        const bool stamps = alone.integer("SELECT count(*) FROM pragma_table_info('log') "
                                          "WHERE name = 'stamp'",
                                          comparing) != 0;
        if (stamps) {
            Statement read{alone, "SELECT stamp FROM log", comparing};
            Statement::Run run = read.run();
            if (!run.next()) {
                return std::nullopt;
            }
            file.stamp = run.integer(0);
        }
        return file.page == 0 ? std::nullopt : std::optional{file};
    } catch (const StoreError&) {
        return std::nullopt;
    }
}

/// The stamps in one version of the page that holds the row of the log.
struct Stamps {
    std::optional<std::int64_t> stamp; ///< none before schema 5
    std::optional<std::int64_t> previous;
};

/// Returns none if the page holds something else.
std::optional<Stamps> stamps_in(std::string_view page) {
    constexpr std::size_t columns_of_first_version = 2;
    const std::vector<std::size_t> cells = leaf_cells(page, false);
    if (cells.size() != 1) {
        return std::nullopt;
    }
    const auto row = leaf_row(
        page, cells.front(), [](std::uint32_t) { return std::nullopt; }, page.size());
    const auto columns = row && row->rowid == 1 ? columns_of(row->payload) : std::nullopt;
    if (!columns || columns->size() < columns_of_first_version) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t column) -> std::optional<std::int64_t> {
        if (column >= columns->size() || (*columns)[column].kind != PageValue::Kind::integer) {
            return std::nullopt;
        }
        return (*columns)[column].integer;
    };
    return Stamps{number(stamp_column), number(previous_column)};
}

/// Whether a page holds the row of the log; the row is recognized by its checksum.
bool is_page_of_log(std::string_view page) {
    const std::vector<std::size_t> cells = leaf_cells(page, false);
    const auto row =
        cells.size() == 1
            ? leaf_row(
                  page, cells.front(), [](std::uint32_t) { return std::nullopt; }, page.size())
            : std::nullopt;
    const auto found = row ? salvaged(*row) : std::nullopt;
    return found && found->log;
}

/// Reads a log until it is clear how it relates to the file.
LogFit compare(WalFrames& frames, const FileAlone& file) {
    std::optional<Stamps> waiting; ///< of the transaction that has not ended yet
    std::set<std::uint32_t> pages; ///< of that transaction
    bool any = false;
    bool first = true;
    bool foreign = false;
    bool elsewhere = false;
    while (frames.next()) {
        pages.insert(frames.page());
        if (frames.page() == file.page) {
            waiting = stamps_in(frames.content());
            foreign = foreign || !waiting;
        } else {
            elsewhere = elsewhere || (first && is_page_of_log(frames.content()));
        }
        if (!frames.commits()) {
            continue;
        }
        any = true;
        if (pages.size() >= frames.pages_after()) {
            return LogFit::belongs; // VACUUM has written all pages: nothing of the file is left
        }
        pages.clear();
        if (foreign) {
            return LogFit::mixed; // the log has something else in the place of the row
        }
        if (waiting) {
            if (std::exchange(first, false) && waiting->previous == file.stamp) {
                return LogFit::belongs;
            }
            if (file.stamp && waiting->stamp == file.stamp) {
                return LogFit::belongs; // a part of the log is already in the file
            }
            waiting.reset();
        }
    }
    if (!any) {
        return LogFit::belongs;
    }
    return first && !elsewhere ? LogFit::unknown : LogFit::mixed;
}

LogFit fit_now(Connection& connection) {
    const Reading reading{connection};
    sqlite3_file* log = nullptr;
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log == nullptr || log->pMethods == nullptr) {
        return LogFit::belongs;
    }
    WalFrames frames{[log](char* into, std::size_t bytes, std::uint64_t offset) {
        return log->pMethods->xRead(log, into, static_cast<int>(bytes),
                                    static_cast<sqlite3_int64>(offset)) == SQLITE_OK;
    }};
    if (frames.page_bytes() == 0) {
        return LogFit::belongs;
    }
    const std::optional<FileAlone> file = read_alone(connection);
    return file ? compare(frames, *file) : LogFit::unknown;
}

[[noreturn]] void refuse(const Connection& connection, const std::string& what) {
    throw StoreDamaged{"cannot open sqlite:" + connection.path().string() + ": " + what +
                       "; nothing was changed. Go back to " LIBBUS_A_BACKUP};
}

std::string of_events(Connection& connection, const LogRow& log) {
    const char* const doing = "compare the ends of";
    const auto first = static_cast<Position>(
        connection.integer("SELECT coalesce((SELECT min(position) FROM events), 0)", doing));
    const auto last = static_cast<Position>(
        connection.integer("SELECT coalesce((SELECT max(position) FROM events), 0)", doing));
    if (last != log.last_position && (last != 0 || log.pruned_through != log.last_position)) {
        return "its log ends at position " + std::to_string(log.last_position) +
               ", and its newest event is " + std::to_string(last);
    }
    if (first != 0 && first != log.pruned_through + 1) {
        return "its log begins at position " + std::to_string(log.pruned_through + 1) +
               ", and its oldest event is " + std::to_string(first);
    }
    return {};
}

/// A number of rows that the store must have.
struct Count {
    const char* what;
    const char* sql;
    std::int64_t wanted;
};

std::string of_counts(Connection& connection, std::initializer_list<Count> counts) {
    for (const Count& count : counts) {
        if (const std::int64_t there = connection.integer(count.sql, "compare the counts of");
            there != count.wanted) {
            return "it has " + std::to_string(there) + ' ' + count.what + ", and there must be " +
                   std::to_string(count.wanted);
        }
    }
    return {};
}

/// Compares only what the store itself counts. How many events an agent has delivered, finished and
/// kept is what its parts say, and a program that commits parts of its own may say anything.
std::string of_agents(Connection& connection, const LogRow& log) {
    Statement read{connection, "SELECT checksum FROM agents", "compare the agents of"};
    std::int64_t sum = 0;
    for (Statement::Run run = read.run(); run.next();) {
        sum = sum_of_checksums(sum, run.integer(0), 0);
    }
    if (sum != log.kept.agents) {
        return "its agents are not those that the row of its log names";
    }
    return of_counts(connection, {{"timers", "SELECT count(*) FROM timers",
                                   static_cast<std::int64_t>(log.kept.timers)}});
}

std::string of_requests(Connection& connection) {
    const char* const doing = "compare the counts of";
    return of_counts(
        connection,
        {{"requests", "SELECT count(*) FROM requests",
          connection.integer("SELECT requests FROM log", doing)},
         {"names", "SELECT count(*) FROM names",
          connection.integer("SELECT coalesce((SELECT max(id) FROM names), 0)", doing)}});
}

} // namespace

LogFit fit_of_log(Connection& connection) {
    // A program that writes may copy a part of the log into the file while we read both.
    constexpr int attempts = 3;
    constexpr int pause_ms = 10;
    LogFit fit = fit_now(connection);
    for (int i = 1; i < attempts && fit == LogFit::mixed; ++i) {
        sqlite3_sleep(pause_ms);
        fit = fit_now(connection);
    }
    return fit;
}

std::string disagreement(Connection& connection) {
    const Reading reading{connection};
    const auto [log, as_written] = read_log_row(connection, "compare the ends of");
    if (!as_written) {
        return "the row that says where its log ends is not as it was written";
    }
    std::string what = of_events(connection, log);
    if (what.empty()) {
        what = of_agents(connection, log);
    }
    return what.empty() ? of_requests(connection) : what;
}

std::string mixed_text(const std::filesystem::path& path) {
    return "the write-ahead log " + path.string() +
           "-wal does not belong to the file: it was written over another store, or over another "
           "moment of this one. A backup was copied over the file, or a file put in its place, "
           "while the log of a crash lay beside it";
}

LogFit refuse_mixed(Connection& connection) {
    const LogFit fit = fit_of_log(connection);
    if (fit == LogFit::mixed) {
        refuse(connection, mixed_text(connection.path()));
    }
    return fit;
}

void refuse_disagreement(Connection& connection, LogFit fit,
                         std::chrono::milliseconds busy_timeout) {
    if (fit == LogFit::unknown) {
        const VerifyReport report =
            verify({.path = connection.path(), .busy_timeout = busy_timeout});
        // Does not count: how many events an agent has delivered and finished is what its parts
        // say, even if they are wrong.
        const auto found = std::find_if(report.findings.begin(), report.findings.end(),
                                        [](const Finding& finding) {
                                            return finding.kind != FindingKind::conservation_broken;
                                        });
        if (found != report.findings.end()) {
            refuse(connection, "nothing says whether the write-ahead log beside it belongs to it, "
                               "and `bus verify` finds damage: " +
                                   found->what);
        }
    }
    std::string what;
    try {
        what = disagreement(connection);
    } catch (const StoreDamaged&) {
        return; // a page cannot be read; the rest can, and a read of that page reports it
    }
    if (!what.empty()) {
        refuse(connection, what + ": it is damaged, or was put together from files of different "
                                  "moments; `bus verify` says more");
    }
}

} // namespace bus::sqlite
