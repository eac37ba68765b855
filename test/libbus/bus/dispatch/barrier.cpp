// Ending a subscription as a barrier, and publishing while others subscribe: D15, D18.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

using test::ping;
using test::PingEvent;

BOOST_AUTO_TEST_SUITE(barrier)

BOOST_AUTO_TEST_CASE(D15_unsubscribe_waits_for_the_handler_that_runs_on_another_thread) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    std::atomic<bool> left{false};
    auto subscription = bus.subscribe<PingEvent>([&](const PingEvent&) {
        entered.count_down();
        may_leave.wait();
        left = true;
    });
    std::thread publisher{[&] { bus.publish(ping("a")); }};
    entered.wait();
    bool left_when_returned = false;
    std::thread ender{[&] {
        subscription.unsubscribe();
        left_when_returned = left;
    }};
    BOOST_TEST(!left);
    may_leave.count_down();
    ender.join();
    publisher.join();
    BOOST_TEST(left_when_returned); // the barrier
}

BOOST_AUTO_TEST_CASE(D15_after_unsubscribe_the_handler_runs_on_no_thread) {
    bus::Bus bus;
    std::atomic<bool> publishing{true};
    std::thread publisher{[&] {
        while (publishing) {
            bus.publish(ping("a"));
        }
    }};
    std::uint64_t calls = 0;
    for (int round = 0; round < 500; ++round) {
        // Freed right after: the address or thread sanitizer sees a call that comes too late.
        auto target = std::make_unique<std::atomic<std::uint64_t>>(0);
        auto subscription =
            bus.subscribe<PingEvent>([counter = target.get()](const PingEvent&) { ++*counter; });
        subscription.unsubscribe();
        calls += *target;
    }
    publishing = false;
    publisher.join();
    BOOST_TEST_MESSAGE("handlers ran " << calls << " times");
}

BOOST_AUTO_TEST_CASE(D15_inside_a_dispatch_unsubscribe_returns_at_once) {
    bus::Bus bus;
    std::latch both_inside{2};
    bus::Subscription a;
    bus::Subscription b;
    a = bus.subscribe<PingEvent>([&](const PingEvent& event) {
        if (event.number == 1) {
            both_inside.arrive_and_wait();
            b.unsubscribe(); // while b runs on the other thread
        }
    });
    b = bus.subscribe<test::PongEvent>([&](const test::PongEvent&) {
        both_inside.arrive_and_wait();
        a.unsubscribe();
    });
    std::thread other{[&] { bus.publish(test::pong("x")); }};
    bus.publish(ping("x", 1));
    other.join();
    BOOST_TEST(!a.active());
    BOOST_TEST(!b.active());
}

BOOST_AUTO_TEST_CASE(D18_publishing_while_others_subscribe_and_unsubscribe_is_race_free) {
    bus::Bus bus;
    constexpr int publishes = 2000;
    std::atomic<int> steady_calls{0};
    const auto steady = bus.subscribe<PingEvent>([&](const PingEvent&) { ++steady_calls; });
    std::atomic<bool> publishing{true};
    std::thread changer{[&] {
        while (publishing) {
            const auto one = bus.subscribe<PingEvent>([](const PingEvent&) {});
            const auto two = bus.subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {});
        }
    }};
    std::vector<std::thread> publishers;
    for (int i = 0; i < 2; ++i) {
        publishers.emplace_back([&] {
            for (int k = 0; k < publishes; ++k) {
                bus.publish(ping("a", k));
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    publishing = false;
    changer.join();
    BOOST_TEST(steady_calls == 2 * publishes);
}

BOOST_AUTO_TEST_SUITE_END()
