#include "schema_1.hpp"
#include "troubles.hpp"

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

BOOST_AUTO_TEST_CASE(S15_a_store_of_schema_1_is_migrated_with_all_it_holds) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        check_migrated(*store);
        check_deliveries(*store);
    }
    const auto store = bus::SqliteStore::open({.path = db});
    check_migrated(*store);
    check_deliveries(*store);
    // And it is a store of now.
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
