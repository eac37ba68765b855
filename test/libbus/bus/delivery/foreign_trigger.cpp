// A trigger that another program makes while a host runs.
#include "test/libbus/bus/store/troubles.hpp"
#include <bus/observers.hpp>

#include "sqlite_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;
using namespace std::chrono_literals;

namespace {

struct WatchedHost {
    WatchedHost() {
        observers.trouble.connect([this](std::string_view what) { told.emplace_back(what); });
    }

    TempFolder folder;
    std::filesystem::path path = folder.path() / "store.db";
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});
    bus::Bus bus{{.runtime = runtime, .store = store, .look_every = 1s}};
    bus::Observers observers{bus};
    std::vector<std::string> told;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(foreign_trigger, WatchedHost)

BOOST_AUTO_TEST_CASE(S27_a_trigger_made_while_a_host_runs_is_reported_within_a_second_and_once) {
    bus.publish(ping("a", 1));
    runtime->run_for(5s);
    BOOST_TEST(told.empty());
    Shell shell{path};
    BOOST_REQUIRE(shell.run("CREATE TABLE theirs (n INTEGER)")); // no trigger
    runtime->run_for(5s);
    BOOST_TEST(told.empty());
    BOOST_REQUIRE(shell.run("CREATE TRIGGER audit AFTER INSERT ON Events BEGIN "
                            "DELETE FROM events WHERE position = new.position; END"));
    runtime->run_for(1s + 100ms);
    BOOST_TEST_REQUIRE(told.size() == 1U);
    for (const char* part : {"'audit'", "events", "store.db", "DROP TRIGGER", "bus verify"}) {
        BOOST_TEST(contains(told[0], part), told[0]);
    }
    for (int i = 2; i <= 5; ++i) { // work continues, and the trigger does not run
        BOOST_TEST(bus.publish(ping("a", i)).position == static_cast<bus::Position>(i));
        runtime->run_for(2s);
    }
    BOOST_TEST(told.size() == 1U);
    BOOST_TEST(store->read(0, 10).size() == 5U);
    const auto findings = bus::verify({.path = path}).findings;
    BOOST_TEST(findings.size() == 2U); // what is theirs
    for (const bus::Finding& finding : findings) {
        BOOST_TEST((finding.kind == bus::FindingKind::schema_changed), finding.what);
    }
}

BOOST_AUTO_TEST_CASE(S27_after_a_trigger_was_removed_a_new_trigger_is_reported_again) {
    Shell shell{path};
    BOOST_REQUIRE(shell.run("CREATE TRIGGER one BEFORE UPDATE ON log BEGIN SELECT 1; END"));
    runtime->run_for(3s);
    BOOST_REQUIRE(shell.run("DROP TRIGGER one"));
    runtime->run_for(3s);
    BOOST_TEST(told.size() == 1U);
    bus.publish(ping("a", 1));
    BOOST_TEST(bus::verify({.path = path}).findings.empty());
    BOOST_REQUIRE(shell.run("CREATE TRIGGER two BEFORE DELETE ON timers BEGIN SELECT 1; END"));
    runtime->run_for(3s);
    BOOST_TEST_REQUIRE(told.size() == 2U);
    BOOST_TEST(contains(told[1], "'two' on its timers"), told[1]);
}

BOOST_AUTO_TEST_SUITE_END()
