// Replacing a store with a backup, and what is left if this is interrupted.
#include "test/libbus/bus/store/verify_sample.hpp"
#include "test/support/sanitized.hpp"
#include <bus/store/restore.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

using namespace test;

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t in_backup = 20;
constexpr std::uint64_t in_store = 60;

fs::path beside(const fs::path& path, const char* end) {
    return fs::path{path}.concat(end);
}

void put(const fs::path& path, const std::string& content) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << content;
}

void publish(bus::SqliteStore& store, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t number = first; number <= last; ++number) {
        append(store, event(number));
    }
}

/// A store after a crash, with commits that are only in its write-ahead log, and an earlier backup.
struct Crashed : File {
    Crashed() {
        const fs::path live = folder.path() / "live.db";
        const auto store = bus::SqliteStore::open({.path = live});
        publish(*store, 1, in_backup);
        store->backup(backup.string());
        publish(*store, in_backup + 1, in_store);
        for (const char* const end : {"", "-wal"}) {
            fs::copy_file(beside(live, end), beside(db, end));
        }
        BOOST_REQUIRE(fs::file_size(beside(db, "-wal")) > 0U);
    }

    [[nodiscard]] bus::RestoreReport restored(bool dry_run = false) const {
        return bus::restore({.backup = backup, .store = db, .dry_run = dry_run});
    }

    [[nodiscard]] std::string refusal() const {
        return store_error([&] { static_cast<void>(restored()); });
    }

    fs::path backup = folder.path() / "backup.db";
};

/// How many events an undamaged store has; -1 if it cannot be opened, or is damaged.
std::int64_t events_of(const fs::path& db) {
    const bus::VerifyReport report = bus::verify({.path = db});
    if (!report.clean() || !store_error([&] { bus::SqliteStore::open({.path = db}); }).empty()) {
        return -1;
    }
    return static_cast<std::int64_t>(report.events);
}

std::string all_bytes(const Crashed& crashed) {
    return bytes(crashed.db) + '|' + bytes(beside(crashed.db, "-wal"));
}

mode_t mode_of(const fs::path& path) {
    struct stat there {};

    BOOST_REQUIRE(::stat(path.c_str(), &there) == 0);
    return there.st_mode & 07777U;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(restoring, Crashed)

BOOST_AUTO_TEST_CASE(S21_a_backup_replaces_a_store_which_is_put_aside_whole) {
    ::chmod(db.c_str(), 0640);
    ::chmod(backup.c_str(), 0644);
    const bus::RestoreReport report = restored();
    BOOST_TEST(report.events == in_backup);
    BOOST_TEST(report.last_position == in_backup);
    BOOST_TEST(report.last_before == in_store);
    BOOST_TEST(report.kept.filename().string() == "store.db-before-restore-1");
    BOOST_TEST(mode_of(db) == 0640U);
    BOOST_TEST(mode_of(report.kept) == 0640U);
    BOOST_TEST(!fs::exists(beside(db, "-wal")));
    BOOST_TEST(!fs::exists(beside(db, "-restoring")));
    BOOST_TEST(events_of(db) == static_cast<std::int64_t>(in_backup));
    BOOST_TEST(events_of(report.kept) == static_cast<std::int64_t>(in_store));
    // The restored store can be written and is whole; the backup is unchanged.
    publish(*bus::SqliteStore::open({.path = db}), 1'000, 1'001);
    BOOST_TEST(bus::verify({.path = db}).clean());
    BOOST_TEST(events_of(backup) == static_cast<std::int64_t>(in_backup));
    BOOST_TEST(restored().kept.filename().string() == "store.db-before-restore-2");
}

BOOST_AUTO_TEST_CASE(S21_a_dry_run_checks_everything_and_changes_nothing) {
    const std::string before = all_bytes(*this);
    const bus::RestoreReport report = restored(true);
    BOOST_TEST(report.events == in_backup);
    BOOST_TEST(report.kept.empty());
    BOOST_TEST(all_bytes(*this) == before);
    std::string damaged = bytes(backup);
    damaged.replace(5 * 4096, 4096, std::string(4096, 'x'));
    put(backup, damaged);
    BOOST_TEST(contains(store_error([&] { static_cast<void>(restored(true)); }), "damaged"));
}

BOOST_AUTO_TEST_CASE(S21_a_store_that_is_written_is_not_replaced_and_its_writer_is_named) {
    const auto host = bus::SqliteStore::open({.path = db, .program = "shop"});
    const std::string error = refusal();
    BOOST_TEST(contains(error, "shop (process " + std::to_string(::getpid())), error);
    publish(*host, 1'000, 1'010);
    BOOST_TEST(bus::verify({.path = db}).clean());
}

BOOST_AUTO_TEST_CASE(S21_anything_but_a_whole_backup_is_refused_and_everything_is_left_as_it_was) {
    const std::string before = all_bytes(*this);
    const std::string whole = bytes(backup);
    const auto refused = [&](const std::string& content, const char* says) {
        put(backup, content);
        const std::string error = refusal();
        BOOST_TEST(contains(error, says), error << " does not say " << says);
        BOOST_TEST(all_bytes(*this) == before);
        BOOST_TEST(!fs::exists(beside(db, "-restoring")));
        put(backup, whole);
    };
    refused("", "empty");
    refused(std::string(5'000, 'x'), "not a SQLite database");
    std::string damaged = whole;
    damaged.replace(damaged.size() - 4096, 4096, std::string(4096, '\0'));
    refused(damaged, "damaged");
    BOOST_REQUIRE(Shell{backup}.run("UPDATE events SET user_id = 'eve' WHERE position = 7"));
    refused(bytes(backup), "event 7");
    BOOST_REQUIRE(Shell{backup}.run("PRAGMA user_version = 99"));
    refused(bytes(backup), "schema version is 99");
    const fs::path foreign = folder.path() / "foreign.db";
    BOOST_REQUIRE(Shell{foreign}.run("CREATE TABLE t (x)"));
    refused(bytes(foreign), "another program");
    fs::remove(backup);
    BOOST_TEST(contains(refusal(), "there is no file"));
    fs::create_symlink(db, backup);
    BOOST_TEST(contains(refusal(), "the same file"), refusal());
    fs::remove(backup);
    fs::create_hard_link(db, backup);
    BOOST_TEST(contains(refusal(), "the same file"), refusal());
    fs::remove(backup);
    BOOST_TEST(all_bytes(*this) == before);
}

BOOST_AUTO_TEST_CASE(S21_a_database_of_another_program_is_not_put_aside) {
    const fs::path foreign = folder.path() / "foreign.db";
    BOOST_REQUIRE(Shell{foreign}.run("CREATE TABLE t (x)"));
    const std::string before = bytes(foreign);
    const std::string error =
        store_error([&] { static_cast<void>(bus::restore({.backup = backup, .store = foreign})); });
    BOOST_TEST(contains(error, "another program"), error);
    BOOST_TEST(bytes(foreign) == before);
}

BOOST_AUTO_TEST_CASE(S21_a_mixed_store_is_put_aside_with_its_log_and_the_restored_one_opens) {
    put(db, bytes(backup)); // by hand, beside the log of the crash
    BOOST_TEST(events_of(db) == -1);
    const std::string log = bytes(beside(db, "-wal"));
    const bus::RestoreReport report = restored();
    BOOST_TEST(report.last_before == 0U);
    BOOST_TEST(events_of(db) == static_cast<std::int64_t>(in_backup));
    BOOST_TEST(bytes(beside(report.kept, "-wal")) == log);
    BOOST_TEST(bytes(report.kept) == bytes(backup));
}

BOOST_AUTO_TEST_CASE(S21_a_store_damaged_in_any_way_or_missing_is_restored) {
    const std::string file = bytes(db);
    std::string header = file;
    header.replace(0, 100, std::string(100, 'x'));
    std::string page = file;
    page.replace(4096, 4096, std::string(4096, '\xff'));
    for (const std::string& content :
         {std::string{}, header, page, file.substr(0, 5'000), std::string(100, 'x')}) {
        put(db, content);
        const bus::RestoreReport report = restored();
        BOOST_TEST(events_of(db) == static_cast<std::int64_t>(in_backup));
        BOOST_TEST(bytes(report.kept) == content);
    }
    fs::remove(db);
    put(beside(db, "-wal"), "left over");
    BOOST_TEST(restored().kept.empty());
    BOOST_TEST(events_of(db) == static_cast<std::int64_t>(in_backup));
}

BOOST_AUTO_TEST_CASE(S21_a_restored_store_has_another_generation_than_all_before) {
    const auto generation = [](const fs::path& path) {
        bus::SqliteStore::open({.path = path});
        return bus::verify({.path = path}).generation;
    };
    const std::uint64_t before = generation(db);
    BOOST_TEST(before != 0U);
    static_cast<void>(restored());
    const std::uint64_t first = generation(db);
    static_cast<void>(restored());
    const std::uint64_t second = generation(db);
    BOOST_TEST(first != 0U);
    BOOST_TEST(first != before);
    BOOST_TEST(second != first);
    BOOST_TEST(generation(db) == second); // and keeps it
    // The same after a copy by hand: a backup takes a new one when it is first opened for writing.
    fs::copy_file(backup, db, fs::copy_options::overwrite_existing);
    BOOST_TEST(bus::verify({.path = db}).generation == 0U);
    BOOST_TEST(generation(db) != second);
}

BOOST_AUTO_TEST_CASE(S21_after_a_kill_at_any_moment_the_path_leads_to_the_old_or_the_new_store) {
    std::size_t old = 0;
    std::size_t restored_ones = 0;
    bool ended = false;
    for (int moment = 1; !ended; moment += sanitized ? 5 : 1) {
        BOOST_REQUIRE(moment < 100);
        Crashed here;
        const pid_t child = ::fork();
        if (child == 0) {
            int told = 0;
            bus::restore({.backup = here.backup, .store = here.db},
                         [&](const bus::VerifyProgress&) {
                             if (++told == moment) {
                                 ::raise(SIGKILL);
                             }
                         });
            ::_exit(0);
        }
        int status = 0;
        BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
        ended = WIFEXITED(status);
        const std::int64_t events = events_of(here.db);
        BOOST_TEST((events == in_store || events == in_backup), moment << ": " << events);
        old += events == in_store ? 1U : 0U;
        restored_ones += events == in_backup ? 1U : 0U;
        // The same command does it then, and no store is lost.
        static_cast<void>(here.restored());
        BOOST_TEST(events_of(here.db) == static_cast<std::int64_t>(in_backup));
        bool kept = false;
        for (const auto& entry : fs::directory_iterator{here.folder.path()}) {
            const std::string name = entry.path().filename().string();
            kept = kept || (name.starts_with("store.db-before-restore-") &&
                            !name.ends_with("-wal") && !name.ends_with("-shm") &&
                            events_of(entry.path()) == static_cast<std::int64_t>(in_store));
        }
        BOOST_TEST(kept, moment);
    }
    BOOST_TEST(old > (sanitized ? 1U : 5U));
    BOOST_TEST(restored_ones > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
