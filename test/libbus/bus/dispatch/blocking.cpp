// Blocked subscriptions: D10.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using test::ping;
using test::PingEvent;

BOOST_AUTO_TEST_SUITE(blocking)

BOOST_AUTO_TEST_CASE(D10_a_blocked_subscription_is_skipped_while_the_block_lives) {
    bus::Bus bus;
    std::string seen;
    auto a = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'a'; });
    const auto b = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'b'; });
    {
        const auto block = a.block();
        BOOST_TEST(bus.publish(ping("x")).handlers.handled == 1U);
        BOOST_TEST(a.active());
    }
    bus.publish(ping("x"));
    BOOST_TEST(seen == "bab");
}

BOOST_AUTO_TEST_CASE(D10_blocks_nest) {
    bus::Bus bus;
    int calls = 0;
    auto subscription = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    auto outer = subscription.block();
    auto inner = subscription.block();
    outer.unblock();
    outer.unblock(); // harmless
    bus.publish(ping("x"));
    BOOST_TEST(calls == 0);
    inner = {};
    bus.publish(ping("x"));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(D10_a_block_moves_and_may_outlive_subscription_and_bus) {
    bus::SubscriptionBlock block;
    {
        bus::Bus bus;
        auto subscription =
            bus.subscribe<PingEvent>([](const PingEvent&) { BOOST_ERROR("called"); });
        auto first = subscription.block();
        block = std::move(first);
        first.unblock();
        bus.publish(ping("x"));
    }
    block.unblock();
    bus::Subscription empty;
    const auto nothing = empty.block();
}

BOOST_AUTO_TEST_CASE(D10_a_handler_blocked_by_an_earlier_one_is_skipped_in_the_same_dispatch) {
    bus::Bus bus;
    std::string seen;
    bus::Subscription later;
    bus::SubscriptionBlock block;
    const auto first = bus.subscribe<PingEvent>([&](const PingEvent&) {
        seen += '1';
        block = later.block();
    });
    later = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += '2'; });
    bus.publish(ping("x"));
    BOOST_TEST(seen == "1");
}

BOOST_AUTO_TEST_CASE(D10_a_once_handler_that_is_blocked_is_not_used_up) {
    bus::Bus bus;
    int calls = 0;
    auto once = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; }, {.once = true});
    {
        const auto block = once.block();
        bus.publish(ping("x"));
    }
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
