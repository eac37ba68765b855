// Ending a subscription as a barrier, and publishing while others subscribe: D15, D18.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
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
    constexpr std::size_t rounds = 500;
    bus::Bus bus;
    std::atomic<bool> publishing{true};
    std::thread publisher{[&] {
        while (publishing) {
            bus.publish(ping("a"));
        }
    }};

    struct Round {
        std::atomic<bool> begun{false};
        std::atomic<bool> over{false};
    };

    std::array<Round, rounds> all; // they must outlive handlers that a broken barrier lets run
    std::atomic<std::size_t> too_late{0};
    for (Round& round : all) {
        auto subscription = bus.subscribe<PingEvent>([&](const PingEvent&) {
            round.begun = true;
            std::this_thread::yield(); // it is ended meanwhile
            too_late += round.over ? 1U : 0U;
        });
        while (!round.begun) {
            std::this_thread::yield();
        }
        subscription.unsubscribe();
        round.over = true;
    }
    publishing = false;
    publisher.join();
    BOOST_TEST(too_late == 0U);
}

BOOST_AUTO_TEST_CASE(D15_inside_a_dispatch_unsubscribe_returns_at_once) {
    bus::Bus bus;
    std::latch inside{1};
    std::promise<void> returned;
    std::future_status in_time = std::future_status::timeout;
    auto stays = bus.subscribe<test::PongEvent>([&](const test::PongEvent&) {
        inside.count_down();
        // An unsubscribe() that waited for this handler would not return before it gives up.
        in_time = returned.get_future().wait_for(std::chrono::seconds{10});
    });
    const auto ender = bus.subscribe<PingEvent>([&](const PingEvent&) {
        stays.unsubscribe();
        returned.set_value();
    });
    std::thread other{[&] { bus.publish(test::pong("x")); }};
    inside.wait();
    bus.publish(ping("x"));
    other.join();
    BOOST_TEST((in_time == std::future_status::ready));
    BOOST_TEST(!stays.active());
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
