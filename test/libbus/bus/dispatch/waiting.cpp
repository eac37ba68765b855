// The end of a subscription whose handler waits for something that only the ending thread can do:
// D16 beyond dispatch itself.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

BOOST_AUTO_TEST_SUITE(waiting)

BOOST_AUTO_TEST_CASE(D16_the_polling_thread_ends_a_handler_that_waits_for_a_commit) {
    const auto runtime = std::make_shared<bus::PolledRuntime>();
    bus::Bus bus{{.runtime = runtime, .store = std::make_shared<bus::MemoryStore>()}};
    bus.poll(); // this is the polling thread
    std::latch inside{1};
    std::atomic<bool> left{false};
    auto loaded = bus.subscribe<PingEvent>([&](const PingEvent&) {
        inside.count_down();
        bus.publish(pong("stored by the polling thread"));
        left = true;
    });
    std::jthread loader{[&] { bus.publish(ping("a")); }};
    while (!inside.try_wait()) {
        bus.poll();
    }
    loaded.unsubscribe();
    BOOST_TEST(left);
    loader.join();
    BOOST_TEST(bus.store()->last_position() == 2U);
    bus.stop(bus::Stop::now);
}

BOOST_AUTO_TEST_CASE(D16_another_thread_ends_a_handler_that_waits_for_the_polling_thread) {
    const auto runtime = std::make_shared<bus::PolledRuntime>();
    bus::Bus bus{{.runtime = runtime, .store = std::make_shared<bus::MemoryStore>()}};
    bus.poll();
    std::latch inside{1};
    std::atomic<bool> left{false};
    std::atomic<bool> ended{false};
    auto loaded = bus.subscribe<PingEvent>([&](const PingEvent&) {
        inside.count_down();
        bus.publish(pong("stored by the polling thread"));
        left = true;
    });
    std::jthread loader{[&] { bus.publish(ping("a")); }};
    std::jthread ender{[&] {
        inside.wait();
        loaded.unsubscribe();
        BOOST_TEST(left);
        ended = true;
    }};
    while (!ended) {
        bus.poll();
    }
    bus.stop(bus::Stop::now);
}

BOOST_AUTO_TEST_CASE(D16_a_step_ends_a_handler_that_waits_for_room_in_the_mailbox_of_that_step) {
    struct Ender : bus::Agent {
        Ender(bus::Subscription& subscription, std::latch& begun, std::latch& blocked)
            : Agent{"ender"} {
            settings().mailbox_capacity = 1;
            settings().overflow = bus::Overflow::block;
            on<PingEvent>([&](const PingEvent& event, bus::Context&) {
                if (event.name == "end") {
                    begun.count_down();
                    blocked.wait();
                    subscription.unsubscribe();
                }
            });
        }
    };

    bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(2U)}};
    bus::Subscription publishes;
    std::latch begun{1};
    std::latch blocked{1};
    bus.emplace<Ender>(publishes, begun, blocked);
    bool left = false;
    publishes = bus.subscribe<PongEvent>([&](const PongEvent&) {
        bus.publish(ping("fills the mailbox"));
        blocked.count_down();
        bus.publish(ping("finds no room"));
        bus.publish(ping("nor does this"));
        left = true;
    });
    bus.publish(ping("end"));
    begun.wait();
    std::jthread publisher{[&] { bus.publish(pong("a")); }};
    publisher.join();
    BOOST_TEST(left);
    BOOST_TEST(bus.wait_idle());
    BOOST_TEST(!publishes.active());
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.dropped == 0U);
    BOOST_TEST(status.over_bound > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
