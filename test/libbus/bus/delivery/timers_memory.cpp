// The memory of timers that are due much later: only the next ones cost any.
#include "test/support/bus_events.hpp"
#include "test/support/live_memory.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

BOOST_AUTO_TEST_SUITE(timers_memory)

BOOST_AUTO_TEST_CASE(A9_only_the_next_ones_of_many_pending_timers_are_in_memory) {
    const test::TempFolder folder;
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const std::string name(500, 'x');
    bus::Bus bus{{runtime, bus::SqliteStore::open({.path = folder.path() / "store.db"})}};
    auto agent = scripted("clock");
    agent->handles<PingEvent, PongEvent>([&](const PingEvent& event, bus::Context& context) {
        for (std::int64_t i = 0; i < 100; ++i) {
            context.schedule(24h - std::chrono::seconds{event.number}, pong(name, i));
        }
    });
    bus.add(std::move(agent));
    const auto grows_by = [&](std::int64_t first) {
        const std::size_t before = test::live_memory();
        for (std::int64_t i = first; i < first + 100; ++i) {
            bus.publish(ping("x", i)); // each time they are due earlier than all before
            bus.wait_idle();
        }
        return static_cast<std::int64_t>(test::live_memory() - before);
    };
    grows_by(0);
    const std::int64_t more = grows_by(100);
    BOOST_TEST(more < 2'000'000); // 10,000 timers of more than 500 bytes each
}

BOOST_AUTO_TEST_SUITE_END()
