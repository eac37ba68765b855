#include <bus/store/sqlite/database_file.hpp>
#include <bus/store/sqlite/mixed.hpp>
#include <bus/store/sqlite/open.hpp>
#include <bus/store/sqlite/verify/context.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace bus {

namespace {

using sqlite::VerifyContext;

constexpr std::array<std::pair<const char*, void (*)(VerifyContext&)>, 17> checks{{
    {"checking pages", sqlite::verify_pages},
    {"checking the schema", sqlite::verify_schema},
    {"checking the end of the log", sqlite::verify_log_row},
    {"checking names", sqlite::verify_names},
    {"reading events", sqlite::verify_events},
    {"reading streams", sqlite::verify_streams},
    {"looking for doubles and causes", sqlite::verify_event_ids},
    {"checking pruned streams", sqlite::verify_pruned_streams},
    {"checking notes of stored times", sqlite::verify_stored_times},
    {"checking agents", sqlite::verify_agents},
    {"checking ranges", sqlite::verify_ranges},
    {"looking for unknown agents", sqlite::verify_unknown_agents},
    {"checking conservation", sqlite::verify_conservation},
    {"reading deliveries", sqlite::verify_deliveries},
    {"reading states", sqlite::verify_states},
    {"reading timers", sqlite::verify_timers},
    {"reading requests", sqlite::verify_requests},
}};

/// Whether the rest of a file shows that it was a store: it has SQLite's mark at its beginning, or
/// ours in its header.
bool was_a_store(const std::filesystem::path& path) {
    constexpr std::string_view mark_of_sqlite{"SQLite format 3\0", 16};
    constexpr std::string_view our_mark = "lbus";
    constexpr std::size_t place_of_our_mark = 68;
    constexpr std::size_t header_bytes = 100;
    const auto file = internal::DatabaseFile::find(path);
    std::string header = file ? file->beginning(header_bytes) : std::string{};
    header.resize(header_bytes);
    const std::string_view view = header;
    return view.starts_with(mark_of_sqlite) ||
           view.substr(place_of_our_mark, our_mark.size()) == our_mark;
}

/// Runs all checks over one snapshot. `unreadable`: a read has failed before, so one that fails now
/// is damage. `mixed` is set if the write-ahead log does not belong to this file.
VerifyReport check_all(const std::filesystem::path& path, const VerifyOptions& options,
                       const std::function<void(const VerifyProgress&)>& progress, bool unreadable,
                       bool& mixed) {
    sqlite::Connection connection{path, sqlite::Access::read_only, options.busy_timeout};
    mixed = sqlite::fit_of_log(connection) == sqlite::LogFit::mixed;
    sqlite::check_readable(connection);
    connection.execute("PRAGMA query_only = ON", "open for verifying");
    connection.execute("BEGIN", "begin to verify"); // one snapshot for all checks
    VerifyContext context{connection, options, progress};
    context.failed_read_is_damage = unreadable;
    context.report.store = "sqlite:" + path.string();
    if (mixed) {
        context.add({.kind = FindingKind::mixed_file, .what = sqlite::mixed_text(path)});
    }
    for (const auto& [doing, check] : checks) {
        context.run(doing, [&context, check = check] { check(context); });
    }
    connection.check_unchanged(); // what looks like damage may have been a commit
    return std::move(context.report);
}

VerifyReport all_damaged(const std::filesystem::path& path, const StoreError& damaged, bool mixed) {
    VerifyReport report;
    report.store = "sqlite:" + path.string();
    if (mixed) {
        report.findings.push_back(
            {.kind = FindingKind::mixed_file, .what = sqlite::mixed_text(path)});
        report.damage[FindingKind::mixed_file] = 1;
    }
    report.findings.push_back({.kind = FindingKind::page_damaged, .what = damaged.what()});
    report.damage[FindingKind::page_damaged] = 1;
    return report;
}

} // namespace

VerifyReport verify(const VerifyOptions& options,
                    const std::function<void(const VerifyProgress&)>& progress) {
    const std::filesystem::path path = sqlite::resolve(options.path);
    bool mixed = false;
    try {
        try {
            return check_all(path, options, progress, false, mixed);
        } catch (const ReadFailed&) {
            // A single failed read is not damage yet.
            return check_all(path, options, progress, true, mixed);
        }
    } catch (const ReadFailed& unreadable) { // not even the schema can be read
        return all_damaged(path, unreadable, mixed);
    } catch (const StoreDamaged& error) {
        if (!mixed && !was_a_store(path)) {
            throw;
        }
        return all_damaged(path, error, mixed);
    } catch (const StoreError& error) {
        if (!mixed) {
            throw;
        }
        return all_damaged(path, error, mixed);
    }
}

} // namespace bus
