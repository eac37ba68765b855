// If a store refuses some content, only the delivery with that content fails.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

using test::ping;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

BOOST_AUTO_TEST_SUITE(refused_parts)

BOOST_AUTO_TEST_CASE(a_step_that_keeps_too_long_a_text_becomes_a_dead_letter_and_the_next_goes_on) {
    const test::TempFolder folder;
    bus::Bus bus{{nullptr, bus::SqliteStore::open(
                               {.path = folder.path() / "store.db", .max_value_bytes = 2000})}};
    auto agent = scripted("keeper");
    agent->handles<PingEvent>([](const PingEvent& event, bus::Context& context) {
        const auto size = static_cast<std::size_t>(event.number == 1 ? 5000 : 5);
        context.set_state("text", std::string(size, 'x'));
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    bus.publish(ping("y", 2));
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{30}));
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.dead == 1U);
    BOOST_TEST(status.trouble == "");
    const auto dead = bus.store()->deliveries("keeper", bus::DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead.front().attempts.back().message.find("5002 bytes") != std::string::npos,
               dead.front().attempts.back().message);
    BOOST_TEST(bus.store()->state("keeper", "text")->json == "\"xxxxx\"");
}

BOOST_AUTO_TEST_SUITE_END()
