// Agents and timers on a store with text that is not UTF-8, which older versions accepted.
#include "test/libbus/bus/store/older_texts.hpp"

#include "sqlite_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

/// A ping, and a timer with a ping. Their ids are such texts.
constexpr const char* ping_and_timer = R"sql(
INSERT INTO names VALUES (4, 'PingEvent'), (5, 'Ping');
INSERT INTO events VALUES (8, x'018bcfe5680070008000000000000008', 4, 1, 5, CAST(x'6ee9' AS TEXT),
    1, CAST(x'65e9' AS TEXT), CAST(x'75e9' AS TEXT), 1700000000000049, NULL,
    '{"name":"n","number":8}');
INSERT INTO timers VALUES (5, NULL, 1, x'018bcfe568007000800000000000000a', 4, 1, 5,
    CAST(x'6ee9' AS TEXT), CAST(x'65e9' AS TEXT), CAST(x'75e9' AS TEXT), 1700000000000099, NULL,
    '{"name":"n","number":9}');
UPDATE log SET last_position = 8, last_timer = 5;
)sql";

} // namespace

BOOST_AUTO_TEST_SUITE(older_texts_on_disk)

BOOST_AUTO_TEST_CASE(S23_texts_of_an_older_store_are_handled_with_the_replacement_character) {
    const TempFolder folder;
    const auto path = folder.path() / "older.db";
    make_older_store(path, ping_and_timer);
    std::vector<std::int64_t> handled;
    {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});
        bus::Bus bus{{.runtime = runtime, .store = store}};
        auto agent = scripted("echo");
        agent->handles<PingEvent, PongEvent>([&](const PingEvent& event, bus::Context& context) {
            BOOST_TEST(event.aggregate_id() == "n\xEF\xBF\xBD");
            BOOST_TEST(event.user_id.view() == "u\xEF\xBF\xBD");
            handled.push_back(event.number);
            context.publish(pong("p", event.number)); // in the same execution
        });
        bus.add(std::move(agent));
        BOOST_TEST(bus.wait_idle());
        bus.stop(bus::Stop::drain);
        BOOST_TEST(store->deliveries("echo", bus::DeliveryState::dead).empty());
        const auto pongs = store->read_type("PongEvent", 0, 10);
        BOOST_TEST_REQUIRE(pongs.size() == 2U);
        for (const bus::StoredEvent& event : pongs) {
            BOOST_TEST(event.record.execution_id == "e\xEF\xBF\xBD");
        }
        BOOST_TEST(store->timers({}, 0, 10).empty());
    }
    BOOST_TEST((handled == std::vector<std::int64_t>{8, 9}));
    check_older_store(path);
}

BOOST_AUTO_TEST_CASE(a_timer_whose_event_the_store_refuses_is_given_up_and_the_next_one_fires) {
    const TempFolder folder;
    const auto path = folder.path() / "store.db";
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    {
        std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});
        bus::Bus bus{{.runtime = runtime, .store = store}};
        bus.schedule(std::chrono::seconds{1}, ping(std::string(1000, 'x'), 1));
        bus.schedule(std::chrono::seconds{2}, ping("x", 2));
        bus.stop(bus::Stop::now);
    }
    std::shared_ptr<bus::EventStore> store =
        bus::SqliteStore::open({.path = path, .max_value_bytes = 500}); // less than before
    bus::Bus bus{{.runtime = runtime, .store = store}};
    runtime->run_until_idle(std::chrono::hours{1});
    BOOST_TEST(bus.idle());
    const auto fired = store->read(0, 10);
    BOOST_TEST_REQUIRE(fired.size() == 1U);
    BOOST_TEST(fired[0].record.aggregate_id == "x");
    BOOST_TEST(store->timers(bus::Timestamp::min(), 0, 10).empty());
    bus.stop(bus::Stop::now);
    BOOST_TEST(bus::verify({.path = path}).findings.empty());
}

BOOST_AUTO_TEST_SUITE_END()
