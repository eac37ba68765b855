#include <bus/store/sqlite/schema.hpp>

#include "schema_1.hpp"
#include "schema_2.hpp"
#include "schema_3.hpp"
#include "schema_4.hpp"
#include "troubles.hpp"
#include "verify_sample.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <limits>

using namespace test;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

struct OldFile : File {
    OldFile() {
        Shell shell{db};
        BOOST_REQUIRE(shell.run(schema_1));
        BOOST_REQUIRE(shell.run(content_1));
    }

    [[nodiscard]] std::string bytes() const {
        std::ifstream file{db, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
};

struct FileOfVersion2 : File {
    FileOfVersion2() {
        Shell shell{db};
        BOOST_REQUIRE(shell.run(schema_2));
        BOOST_REQUIRE(shell.run(content_2));
        bus::SqliteStore::open({.path = db});
    }

    /// The report of verify() after this was done to the store.
    [[nodiscard]] bool finds(bus::FindingKind kind, const char* sql) const {
        const std::filesystem::path copy = folder.path() / "copy.db";
        std::filesystem::copy_file(db, copy, std::filesystem::copy_options::overwrite_existing);
        BOOST_REQUIRE(Shell{copy}.run(sql));
        return has(bus::verify({.path = copy}), kind);
    }
};

void check_migrated(bus::EventStore& store) {
    const auto events = store.read(0, all);
    BOOST_TEST(positions(events) == (std::vector<bus::Position>{1, 2, 3, 4, 5}));
    BOOST_TEST(events.at(2).record.data == R"({"n":3})");
    BOOST_TEST((events.at(2).record.causation_id == events.at(1).record.event_id));
    BOOST_TEST(store.first_position() == 1U);
    BOOST_TEST(
        (store.agent("worker") ==
         bus::AgentRecord{.name = "worker", .checkpoint = 4, .delivered = 4, .finished = 2}));
    BOOST_TEST(
        (store.agent("idle") == bus::AgentRecord{.name = "idle", .start = 5, .checkpoint = 5}));
    BOOST_TEST(store.state("worker", "seen")->json == "4");
    BOOST_TEST(store.states("worker", "").size() == 2U);
    for (const bus::Conservation& account : store.conservation()) {
        BOOST_TEST(account.holds(), account.agent);
    }
    BOOST_TEST(!store.begun("worker").has_value());
    BOOST_TEST(store.last_timer() == 0U);
    BOOST_TEST(store.requests(0, all, false).empty());
}

void check_deliveries(bus::EventStore& store) {
    const auto deferred = store.delivery("worker", 2);
    BOOST_TEST_REQUIRE(deferred.has_value());
    BOOST_TEST((deferred->state == bus::DeliveryState::deferred));
    BOOST_TEST(deferred->due.time_since_epoch().count() == 1'700'000'000'000'099);
    BOOST_TEST(deferred->sequence == "");
    BOOST_TEST(deferred->attempts.size() == 2U);
    const auto dead = store.delivery("worker", 3);
    BOOST_TEST_REQUIRE(dead.has_value());
    BOOST_TEST((dead->state == bus::DeliveryState::dead));
    BOOST_TEST(dead->failures == 3U);
    BOOST_TEST(dead->redrives == 1U);
    BOOST_TEST(!dead->quarantined);
    BOOST_TEST(dead->attempts.at(0).message == "bad");
    const auto briefs = store.delivery_briefs("worker");
    BOOST_TEST_REQUIRE(briefs.size() == 2U);
    BOOST_TEST(briefs[0].not_ready);
    BOOST_TEST(!briefs[1].not_ready);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(older_sqlite_stores, OldFile)

BOOST_AUTO_TEST_CASE(S15_a_store_of_schema_1_is_migrated_with_everything_it_holds) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        check_migrated(*store);
        check_deliveries(*store);
    }
    const auto store = bus::SqliteStore::open({.path = db});
    check_migrated(*store);
    check_deliveries(*store);
    // It works like a store that was made now.
    bus::Part step = agent_part("worker");
    step.settled = {{5, 5}};
    step.delivered = 1;
    step.finished = 1;
    step.events = {event(6, "A")};
    step.events[0].expected_version = 3;
    step.commands = {{bus::DeliveryAction::redrive, "worker", 3, "ann", "fixed"}};
    const bus::PartResult result = commit(*store, step);
    BOOST_TEST(!result.error);
    BOOST_TEST(result.changed.size() == 1U);
    BOOST_TEST(store->agent("worker")->checkpoint == 5U);
    BOOST_TEST(store->conservation().at(1).holds());
}

BOOST_AUTO_TEST_CASE(a_store_of_schema_1_is_whole_once_it_is_migrated) {
    BOOST_CHECK_THROW(static_cast<void>(bus::verify({.path = db})), bus::StoreError);
    bus::SqliteStore::open({.path = db});
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.unchecked_events == 5U);
}

BOOST_AUTO_TEST_CASE(S15_an_older_store_is_not_read_before_it_is_migrated) {
    const std::string before = bytes();
    const std::string error =
        store_error([&] { bus::SqliteStore::open({.path = db, .read_only = true}); });
    BOOST_TEST(contains(error, "open it for writing once to migrate it"), error);
    BOOST_TEST(bytes() == before);
}

BOOST_AUTO_TEST_CASE(S15_a_migration_that_finds_damage_leaves_the_older_store) {
    BOOST_REQUIRE(Shell{db}.run("UPDATE deliveries SET attempts = 'no json' WHERE position = 3"));
    const std::string error = store_error([&] { bus::SqliteStore::open({.path = db}); });
    BOOST_TEST(contains(error, "migrate the deliveries of"), error);
    BOOST_REQUIRE(Shell{db}.run("UPDATE deliveries SET attempts = '[]' WHERE position = 3"));
    const auto store = bus::SqliteStore::open({.path = db});
    check_migrated(*store);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(sqlite_stores_of_schema_2, FileOfVersion2)

BOOST_AUTO_TEST_CASE(S15_everything_is_there_and_undamaged_and_only_events_have_no_checksums) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        const bus::AgentRecord agent = store->agent("worker").value();
        BOOST_TEST((agent == bus::AgentRecord{.name = "worker",
                                              .checkpoint = 4,
                                              .ahead = {{6, 6}},
                                              .delivered = 5,
                                              .finished = 3}));
        BOOST_TEST(store->state("worker", "seen")->json == "4");
        BOOST_TEST(store->timers(bus::Timestamp::min(), 0, 10).size() == 1U);
        BOOST_TEST(store->requests(0, 10, true).size() == 1U);
        BOOST_TEST(positions(store->read(0, all)) == (std::vector<bus::Position>{3, 4, 5, 6}));
    }
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.unchecked_events == 4U);
    BOOST_TEST(report.unchecked_requests == 1U);
    BOOST_TEST(report.pruned_through == 2U);
    BOOST_TEST(report.timers == 1U);
}

BOOST_AUTO_TEST_CASE(rows_written_after_the_migration_have_checksums) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        BOOST_TEST(append(*store, event(7, "B")).stream_version == 2U);
        BOOST_TEST(append(*store, event(8, "A")).position == 8U);
        bus::Part part = agent_part("worker");
        part.settled = {{5, 5}, {7, 7}};
        part.delivered = 2;
        part.finished = 2;
        part.put_states = {{"seen", "6"}, {"new", "true"}};
        part.erase_states = {"other"};
        part.fires = 4;
        BOOST_TEST(!commit(*store, part).error);
    }
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.unchecked_events == 4U);
    BOOST_TEST(report.events == 6U);
    using Kind = bus::FindingKind;
    BOOST_TEST(finds(Kind::event_changed, "UPDATE events SET user_id = 'eve' WHERE position = 7"));
    BOOST_TEST(finds(Kind::event_changed, "UPDATE events SET checksum = NULL WHERE position = 7"));
}

BOOST_AUTO_TEST_CASE(damage_to_rows_older_than_checksums_is_found_except_in_changed_events) {
    using Kind = bus::FindingKind;
    BOOST_TEST(finds(Kind::event_missing, "DELETE FROM events WHERE position = 3"));
    BOOST_TEST(finds(Kind::event_missing, "UPDATE events SET position = 60 WHERE position = 6"));
    BOOST_TEST(!finds(Kind::event_changed, "UPDATE events SET user_id = 'eve'"));
    BOOST_TEST(finds(Kind::name_changed, "UPDATE names SET name = 'x' WHERE id = 2"));
    BOOST_TEST(finds(Kind::checkpoint_ahead, "UPDATE agents SET checkpoint = 5"));
    BOOST_TEST(finds(Kind::checkpoint_behind, "UPDATE agents SET checkpoint = 3"));
    BOOST_TEST(finds(Kind::range_missing, "DELETE FROM ahead"));
    BOOST_TEST(finds(Kind::delivery_changed, "UPDATE deliveries SET redrives = 0"));
    BOOST_TEST(finds(Kind::conservation_broken, "DELETE FROM deliveries WHERE position = 3"));
    BOOST_TEST(finds(Kind::state_changed, "UPDATE states SET json = '5'"));
    BOOST_TEST(finds(Kind::state_missing, "DELETE FROM states WHERE key = 'seen'"));
    BOOST_TEST(finds(Kind::timer_changed, "UPDATE timers SET due = 5"));
    BOOST_TEST(finds(Kind::timer_missing, "DELETE FROM timers"));
    BOOST_TEST(finds(Kind::pruned_stream_changed, "DELETE FROM pruned_streams"));
    BOOST_TEST(finds(Kind::last_position_wrong, "UPDATE log SET last_position = 9"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(sqlite_stores_of_schema_3, File)

BOOST_AUTO_TEST_CASE(
    S15_requests_are_counted_from_the_migration_on_and_their_answers_have_checksums) {
    {
        Shell shell{db};
        BOOST_REQUIRE(shell.run(schema_3));
        BOOST_REQUIRE(shell.run(content_3));
    }
    {
        const auto store = bus::SqliteStore::open({.path = db});
        const auto requests = store->requests(0, all, false);
        BOOST_TEST_REQUIRE(requests.size() == 3U);
        BOOST_TEST(!requests[0].done_at.has_value());
        BOOST_TEST(requests[1].result == "1 discarded");
        BOOST_TEST(requests[2].who == "bob");
        BOOST_TEST(store->read(0, all).size() == 5U);
        BOOST_TEST(store->conservation().at(0).holds());
    }
    bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.requests == 3U);
    BOOST_TEST(report.unchecked_requests == 2U);
    for (const auto& [sql, kind] :
         {std::pair{"DELETE FROM requests WHERE number = 3", bus::FindingKind::request_missing},
          std::pair{"UPDATE requests SET result = 'none' WHERE number = 2",
                    bus::FindingKind::request_changed}}) {
        const std::filesystem::path copy = folder.path() / "copy.db";
        std::filesystem::copy_file(db, copy, std::filesystem::copy_options::overwrite_existing);
        BOOST_REQUIRE(Shell{copy}.run(sql));
        BOOST_TEST(has(bus::verify({.path = copy}), kind), sql);
    }
    // It works like a store that was made now.
    bus::Part step = agent_part("worker");
    step.commands = {{bus::DeliveryAction::redrive, "worker", 3, "ann", "fixed"}};
    step.answers = {{.number = 1, .result = "1 redriven"}};
    BOOST_TEST(!commit(*bus::SqliteStore::open({.path = db}), step).error);
    report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.requests == 4U);
}

BOOST_AUTO_TEST_CASE(S15_a_store_of_schema_3_is_not_read_before_it_is_migrated) {
    BOOST_REQUIRE(Shell{db}.run(schema_3));
    BOOST_REQUIRE(Shell{db}.run(content_3));
    const std::string error =
        store_error([&] { bus::SqliteStore::open({.path = db, .read_only = true}); });
    BOOST_TEST(contains(error, "open it for writing once to migrate it"), error);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct FileOfVersion4 : File {
    FileOfVersion4() {
        Shell shell{db};
        BOOST_REQUIRE(shell.run(schema_3));
        BOOST_REQUIRE(shell.run(content_3));
        BOOST_REQUIRE(shell.run(from_3_to_4));
    }

    [[nodiscard]] std::int64_t number(const char* sql) const {
        bus::sqlite::Connection connection{db, bus::sqlite::Access::existing,
                                           std::chrono::milliseconds{100}};
        return connection.integer(sql, "ask");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_stores_of_schema_4, FileOfVersion4)

BOOST_AUTO_TEST_CASE(S15_a_store_of_schema_4_draws_its_generation_and_its_first_stamp) {
    bus::SqliteStore::open({.path = db});
    const std::int64_t generation = number("SELECT generation FROM log");
    BOOST_TEST(generation > 0);
    BOOST_TEST(number("SELECT stamp IS NOT NULL AND previous IS NULL FROM log") == 1);
    bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    const std::int64_t stamp = number("SELECT stamp FROM log");
    append(*bus::SqliteStore::open({.path = db}), event(8, "A"));
    BOOST_TEST(number("SELECT generation FROM log") == generation);
    BOOST_TEST(number("SELECT previous FROM log") == stamp);
    report = bus::verify({.path = db});
    BOOST_TEST(report.findings.empty(), told(report));
    BOOST_TEST(report.events == 6U);
}

BOOST_AUTO_TEST_CASE(a_row_of_the_log_that_was_changed_before_the_migration_is_found_after_it) {
    BOOST_REQUIRE(Shell{db}.run("UPDATE log SET pruned_streams = 7"));
    bus::sqlite::Connection connection{db, bus::sqlite::Access::existing,
                                       std::chrono::milliseconds{100}};
    bus::sqlite::migrate(connection);
    BOOST_TEST(has(bus::verify({.path = db}), bus::FindingKind::log_changed));
}

BOOST_AUTO_TEST_CASE(each_transaction_stamps_the_row_of_the_log_once) {
    const auto store = bus::SqliteStore::open({.path = db});
    auto check = [this, last = number("SELECT stamp FROM log")](const char* what) mutable {
        BOOST_TEST(number("SELECT previous FROM log") == last, what);
        BOOST_TEST(number("SELECT stamp FROM log") != last, what);
        last = number("SELECT stamp FROM log");
    };
    append(*store, event(8, "A"));
    check("append");
    store->ask({.who = "ann", .why = "why", .agent = "worker", .position = 3});
    check("ask");
    bus::Part step = agent_part("worker");
    step.put_states = {{"seen", "6"}};
    BOOST_TEST(!commit(*store, step).error);
    check("a state of the same length");
    step = agent_part("worker");
    step.commands = {{bus::DeliveryAction::redrive, "worker", 3, "ann", "fixed"}};
    step.answers = {{.number = 1, .result = "1 redriven"}, {.number = 4, .result = "none"}};
    BOOST_TEST(!commit(*store, step).error);
    check("requests and answers");
    BOOST_TEST(store->forget("worker", std::nullopt));
    check("forget");
    BOOST_TEST(store->prune(4, 10) == 2U);
    check("prune");
}

BOOST_AUTO_TEST_SUITE_END()
