// Observers of a bus on a store may publish: they run on no thread that a commit waits for.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>

using test::ping;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

BOOST_AUTO_TEST_SUITE(observing)

BOOST_AUTO_TEST_CASE(observers_of_steps_may_publish) {
    std::atomic<int> told{0};
    bus::Bus bus{{nullptr, std::make_shared<bus::MemoryStore>()}};
    bus::Observers observers{bus};
    const auto tell = [&](const bus::DomainEvent& event) {
        if (bus::event_cast<PingEvent>(event) != nullptr) {
            bus.publish(PongEvent{});
            ++told;
        }
    };
    observers.handled.connect(
        [&](const bus::DomainEvent& event, std::string_view) { tell(event); });
    observers.failed.connect(
        [&](const bus::DomainEvent& event, std::string_view, const bus::Failure&) { tell(event); });
    observers.dead_lettered.connect(
        [&](const bus::DomainEvent& event, std::string_view, const bus::Failure&) { tell(event); });
    auto agent = scripted("choosy");
    agent->handles<PingEvent>([](const PingEvent& event, bus::Context&) {
        if (event.number == 2) {
            throw bus::Failure::rejected("not this one");
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    bus.publish(ping("x", 2));
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{30}));
    BOOST_TEST(told == 3); // handled, failed, dead-lettered
    BOOST_TEST(bus.store()->last_position() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
