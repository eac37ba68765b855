// The files of an open store are removed, moved, replaced or overwritten.
#include <bus/runtime/simulated_runtime.hpp>

#include "lost_files.hpp"
#include "troubles.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr int published = 20;

/// A change to the files of a running host, and the state that must result.
struct Harm {
    const char* name;
    std::function<void(const fs::path& db)> act;
    const char* says;           ///< the cause in the message
    std::string saved;          ///< where all events must be, in the store's folder; empty: nowhere
    bool other = false;         ///< another file lies in its place then, which must stay as it is
    std::string given = "a.db"; ///< what the host calls the file
};

/// Another store, with 3 events, at a path.
void make_other(const fs::path& path) {
    const auto other = bus::SqliteStore::open({.path = path});
    for (std::uint64_t i = 1; i <= 3; ++i) {
        append(*other, event(i));
    }
}

/// Does what `cp` does: the same file gets other content.
void overwrite(const fs::path& path, const std::string& content) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
}

const std::vector<Harm>& harms() {
    static const std::vector<Harm> all{
        {"rm", [](const fs::path& db) { fs::remove(db); }, "the file was removed", "a.db-rescued"},
        {"rm of all",
         [](const fs::path& db) {
             for (const char* end : {"", "-wal", "-shm"}) {
                 fs::remove(db + end);
             }
         },
         "the file was removed", "a.db-rescued"},
        {"rm, and a new empty file",
         [](const fs::path& db) {
             fs::remove(db);
             overwrite(db, "");
         },
         "another file was put in its place", "a.db-rescued", true},
        {"mv", [](const fs::path& db) { fs::rename(db, db + ".old"); }, "moved to", "a.db.old"},
        {"mv of all",
         [](const fs::path& db) {
             for (const char* end : {"", "-wal", "-shm"}) {
                 fs::rename(db + end, db.parent_path() / ("old.db" + std::string{end}));
             }
         },
         "moved to", "old.db"},
        {"mv, and another store in its place",
         [](const fs::path& db) {
             fs::rename(db, db + ".old");
             fs::rename(db.parent_path() / "other.db", db);
         },
         "another file was put in its place", "a.db.old", true},
        {"mv of another store over it",
         [](const fs::path& db) { fs::rename(db.parent_path() / "other.db", db); },
         "another file was put in its place", "a.db-rescued", true},
        {"a folder in its place",
         [](const fs::path& db) {
             fs::remove(db);
             fs::create_directory(db);
         },
         "another file was put in its place", "a.db-rescued"},
        {"rm of the log", [](const fs::path& db) { fs::remove(db + "-wal"); }, "-wal was removed",
         "a.db"},
        {"rm of the index", [](const fs::path& db) { fs::remove(db + "-shm"); }, "-shm was removed",
         "a.db"},
        {"another log",
         [](const fs::path& db) {
             fs::remove(db + "-wal");
             overwrite(db + "-wal", "");
         },
         "-wal was replaced", "a.db"},
        {"a link that is led elsewhere",
         [](const fs::path& db) {
             fs::remove(db.parent_path() / "link.db");
             fs::create_symlink("other.db", db.parent_path() / "link.db");
         },
         "was led to another file", "a.db", false, "link.db"},
        {"a link that is removed",
         [](const fs::path& db) { fs::remove(db.parent_path() / "link.db"); }, "leads nowhere",
         "a.db", false, "link.db"},
    };
    return all;
}

struct Folder {
    TempFolder temp;
    fs::path folder = fs::canonical(temp.path());
    fs::path db = folder / "a.db";

    Folder() { make_other(folder / "other.db"); }
};

/// Checks everything that must hold while the host still runs.
void check_running(LosingHost& host, const Harm& harm, const fs::path& db) {
    const std::string error = host.refusal();
    BOOST_TEST(contains(error, harm.says), error);
    BOOST_TEST(contains(error, db.string()), error);
    BOOST_TEST(contains(error, "Stop this program"), error);
    BOOST_TEST(host.refusal() == error);
    BOOST_TEST(!host.bus->wait_idle());
    BOOST_TEST(store_error([&] { host.store->read(0, 10); }) == error);
    BOOST_TEST(store_error([&] { host.store->ask({.who = "ann", .agent = "counter"}); }) == error);
    const std::string copy = (db.parent_path() / "copy.db").string();
    BOOST_TEST(store_error([&] { host.store->backup(copy); }) == error);
    BOOST_TEST(host.troubles().size() == 1U);
    BOOST_TEST(host.troubles().front() == error);
    BOOST_TEST(contains(error, harm.saved), error);
}

void check_harm(const Harm& harm) {
    BOOST_TEST_CONTEXT(harm.name) {
        const Folder place;
        fs::create_symlink("a.db", place.folder / "link.db");
        LosingHost host{place.folder / harm.given};
        host.publish(published);
        BOOST_TEST(host.bus->wait_idle());
        harm.act(place.db);
        const std::string other = harm.other ? content_of(place.db) : "";
        check_running(host, harm, place.db);
        const bus::StopReport report = host.stop();
        BOOST_TEST(!report.drained);
        BOOST_TEST(contains(report.lost, harm.says), report.lost);
        BOOST_TEST(host.troubles().size() == 1U);
        BOOST_TEST(events_in(place.folder / harm.saved) == published);
        if (harm.other) {
            BOOST_TEST((content_of(place.db) == other));
            BOOST_TEST(!fs::exists(place.db + "-wal"));
            BOOST_TEST(!fs::exists(place.db + "-shm"));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(lost_files)

BOOST_AUTO_TEST_CASE(S19_a_file_that_is_removed_moved_or_replaced_is_noticed_and_nothing_is_lost) {
    for (const Harm& harm : harms()) {
        check_harm(harm);
    }
}

BOOST_AUTO_TEST_CASE(S19_a_folder_that_is_renamed_keeps_everything_acknowledged) {
    const Folder place;
    fs::create_directory(place.folder / "data");
    LosingHost host{place.folder / "data" / "a.db"};
    host.publish(published);
    fs::rename(place.folder / "data", place.folder / "moved");
    const std::string error = host.refusal();
    BOOST_TEST(contains(error, "moved to " + (place.folder / "moved" / "a.db").string()), error);
    BOOST_TEST(!host.stop().drained);
    BOOST_TEST(events_in(place.folder / "moved" / "a.db") == published);
}

BOOST_AUTO_TEST_CASE(S19_if_its_folder_is_removed_the_store_is_saved_in_the_folder_above) {
    const Folder place;
    fs::create_directory(place.folder / "data");
    LosingHost host{place.folder / "data" / "a.db"};
    host.publish(published);
    fs::remove_all(place.folder / "data");
    const std::string error = host.refusal();
    BOOST_TEST(contains(error, (place.folder / "a.db-rescued").string()), error);
    BOOST_TEST(!host.stop().drained);
    BOOST_TEST(events_in(place.folder / "a.db-rescued") == published);
}

BOOST_AUTO_TEST_CASE(S19_a_backup_copied_over_the_open_file_is_left_as_it_is) {
    const Folder place;
    LosingHost host{place.db};
    host.publish(published);
    const std::string backup = content_of(place.folder / "other.db");
    overwrite(place.db, backup);
    const std::string error = host.refusal();
    BOOST_TEST(contains(error, "overwritten"), error);
    const bus::StopReport report = host.stop();
    BOOST_TEST(!report.drained);
    BOOST_TEST((content_of(place.db) == backup));
    BOOST_TEST(!fs::exists(place.db + "-wal"));
    BOOST_TEST(events_in(place.db) == 3U);
    // The store is so small that the writer had all of it in memory, unless it looked while the
    // copy was made.
    if (contains(error, "saved as " + (place.db + "-rescued").string())) {
        BOOST_TEST(events_in(place.db + "-rescued") == published);
    } else {
        BOOST_TEST(contains(error, (place.db + "-rescued-log").string()), error);
    }
}

BOOST_AUTO_TEST_CASE(S19_a_file_that_is_cut_off_is_noticed_and_not_half_repaired) {
    for (const bool whole : {true, false}) {
        const Folder place;
        std::size_t size = 0;
        {
            LosingHost before{place.db};
            before.publish(200);
            before.stop();
            size = fs::file_size(place.db);
        }
        LosingHost host{place.db};
        host.publish(published);
        fs::resize_file(place.db, whole ? 0 : size / 2);
        const std::string error = host.refusal();
        BOOST_TEST(contains(error, "cut off"), error);
        const std::size_t left = fs::file_size(place.db);
        BOOST_TEST(!host.stop().drained);
        BOOST_TEST(fs::file_size(place.db) == left);
        BOOST_TEST(!fs::exists(place.db + "-wal"));
        const bool says_gone = contains(error, "cannot be read from it any more");
        BOOST_TEST((says_gone || events_in(place.db + "-rescued") == 200 + published), error);
    }
}

BOOST_AUTO_TEST_CASE(S19_a_log_that_is_cut_off_is_noticed) {
    const Folder place;
    LosingHost host{place.db};
    host.publish(published);
    // Otherwise a commit of the agent may fill up the log. Not all its commits look at the files.
    BOOST_TEST(host.bus->wait_idle());
    fs::resize_file(place.db + "-wal", 0);
    const std::string error = host.refusal();
    BOOST_TEST(contains(error, "-wal, which has the newest commits, was cut off"), error);
    BOOST_TEST(host.stop().lost == error);
}

BOOST_AUTO_TEST_CASE(S19_an_idle_host_notices_the_loss_within_a_second) {
    const Folder place;
    LosingHost host{place.db};
    host.publish(published);
    host.bus->wait_idle();
    fs::remove(place.db);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{3};
    while (host.troubles().empty() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    BOOST_TEST_REQUIRE(host.troubles().size() == 1U);
    BOOST_TEST(contains(host.troubles().front(), "the file was removed"));
    BOOST_TEST(fs::exists(place.db + "-rescued"));
    BOOST_TEST(!host.stop().drained);
}

BOOST_AUTO_TEST_CASE(S19_in_virtual_time_an_idle_host_checks_its_files_if_told_to) {
    const Folder place;
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(1);
    LosingHost host{place.db, {.runtime = runtime, .look_every = std::chrono::seconds{1}}};
    host.publish(published);
    fs::remove(place.db);
    BOOST_TEST(host.troubles().empty());
    runtime->run_for(std::chrono::seconds{2});
    BOOST_TEST(host.troubles().size() == 1U);
    BOOST_TEST(!host.stop().drained);
}

BOOST_AUTO_TEST_CASE(S19_a_file_that_is_lost_while_nobody_publishes_is_in_the_stop_report) {
    const Folder place;
    LosingHost host{place.db, {.look_every = bus::Duration::zero()}};
    host.publish(published);
    host.bus->wait_idle();
    fs::remove(place.db);
    const bus::StopReport report = host.stop();
    BOOST_TEST(!report.drained);
    BOOST_TEST(contains(report.lost, "a.db-rescued"), report.lost);
    BOOST_TEST(events_in(place.db + "-rescued") == published);
}

BOOST_AUTO_TEST_CASE(S19_a_file_that_is_lost_before_the_store_is_closed_is_saved) {
    const Folder place;
    {
        const auto store = bus::SqliteStore::open({.path = place.db});
        append(*store, event(1));
        fs::remove(place.db);
    }
    BOOST_TEST(events_in(place.db + "-rescued") == 1U);
}

BOOST_AUTO_TEST_CASE(S19_commits_that_do_not_wait_for_the_disk_are_refused_soon_and_none_is_lost) {
    const Folder place;
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(1));
    fs::remove(place.db);
    std::uint64_t taken = 1;
    while (taken < 100 && store_error([&] { append(*store, event(taken + 1)); }).empty()) {
        ++taken;
    }
    BOOST_TEST(taken <= 9U);
    BOOST_TEST(events_in(place.db + "-rescued") == taken);
}

BOOST_AUTO_TEST_CASE(S19_a_second_rescue_does_not_overwrite_the_first) {
    const Folder place;
    for (const char* saved : {"-rescued", "-rescued-2", "-rescued-3"}) {
        const auto store = bus::SqliteStore::open({.path = place.db});
        append(*store, event(1));
        fs::remove(place.db);
        BOOST_TEST(contains(store_error([&] { commit(*store, part({event(2)}), true); }), saved));
        BOOST_TEST(events_in(place.db + saved) == 1U);
    }
}

BOOST_AUTO_TEST_CASE(S19_agents_timers_and_a_host_that_waits_come_to_rest) {
    const Folder place;
    LosingHost host{place.db};
    host.publish(published);
    host.bus->schedule(std::chrono::milliseconds{50}, PingEvent{{}, "late"});
    fs::remove(place.db);
    BOOST_TEST(!host.refusal().empty());
    BOOST_TEST(!host.bus->wait_idle());
    BOOST_CHECK_THROW(host.bus->schedule(std::chrono::seconds{1}, PingEvent{{}, "no"}),
                      bus::StoreLost);
    BOOST_CHECK_THROW(host.bus->prune(1), bus::StoreLost);
    BOOST_TEST(host.troubles().size() == 1U);
    host.stop();
}

BOOST_AUTO_TEST_CASE(S19_what_sqlite_and_harmless_programs_do_to_the_files_does_not_count_as_loss) {
    const Folder place;
    const auto store = bus::SqliteStore::open({.path = place.db});
    std::uint64_t next = 1;
    const auto goes_on = [&](const char* after) {
        BOOST_TEST(append(*store, event(next)).position == next, after);
        ++next;
    };
    goes_on("opening");
    BOOST_TEST(Shell{place.db}.run("PRAGMA wal_checkpoint(TRUNCATE)"));
    goes_on("a copying of the log by a shell");
    BOOST_TEST(Shell{place.db}.run("CREATE TABLE mine (x); INSERT INTO mine VALUES (1); "
                                   "PRAGMA wal_checkpoint(PASSIVE)"));
    goes_on("a write of a shell");
    fs::last_write_time(place.db, fs::last_write_time(place.db) + std::chrono::hours{1});
    goes_on("a touch");
    store->backup((place.folder / "copy.db").string());
    store->ask({.who = "ann", .agent = "counter"});
    goes_on("a backup and a request");
    for (int i = 0; i < 60; ++i) { // many logs are filled, copied and begun again
        commit(*store, part({large(next++, 300'000)}), i % 2 == 0);
        BOOST_TEST_REQUIRE(store_error([&] { store->look(); }) == "");
    }
    BOOST_TEST(fs::file_size(place.db + "-wal") < 12'000'000U);
    goes_on("copying");
}

BOOST_AUTO_TEST_CASE(S19_a_log_left_by_a_crash_does_not_hide_what_others_write) {
    const Folder place;
    {
        const auto store = bus::SqliteStore::open({.path = place.folder / "b.db"});
        append(*store, event(1));
        for (const char* end : {"", "-wal"}) {
            fs::copy_file(place.folder / ("b.db" + std::string{end}), place.db + end);
        }
    }
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(2));
    overwrite(place.db, content_of(place.folder / "other.db"));
    BOOST_TEST(
        contains(store_error([&] { commit(*store, part({event(3)}), true); }), "overwritten"));
}

BOOST_AUTO_TEST_CASE(S19_a_reader_of_a_file_that_was_replaced_says_so) {
    const Folder place;
    fs::copy_file(place.folder / "other.db", place.db);
    const auto reader = bus::SqliteStore::open({.path = place.db, .read_only = true});
    BOOST_TEST(reader->read(0, 10).size() == 3U);
    fs::rename(place.folder / "other.db", place.db);
    const std::string error = store_error([&] { reader->read(0, 10); });
    BOOST_TEST(contains(error, "was replaced by another file"), error);
    BOOST_TEST(contains(error, "open the store again"), error);
}

BOOST_AUTO_TEST_SUITE_END()
