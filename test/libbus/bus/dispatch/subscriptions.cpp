// Subscribing and unsubscribing, also in the middle of a dispatch: D1 to D4, D6, D8, D9, D20.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using bus::Subscription;
using test::ping;
using test::PingEvent;

BOOST_AUTO_TEST_SUITE(subscriptions)

BOOST_AUTO_TEST_CASE(D1_a_handler_subscribed_during_a_dispatch_is_called_from_the_next_one_on) {
    bus::Bus bus;
    int late_calls = 0;
    std::optional<Subscription> late;
    const auto early = bus.subscribe<PingEvent>([&](const PingEvent&) {
        if (!late) {
            late = bus.subscribe<PingEvent>([&](const PingEvent&) { ++late_calls; });
        }
    });
    bus.publish(ping("a"));
    BOOST_TEST(late_calls == 0);
    bus.publish(ping("a"));
    BOOST_TEST(late_calls == 1);
}

BOOST_AUTO_TEST_CASE(D2_a_later_handler_unsubscribed_during_a_dispatch_is_skipped_in_it) {
    bus::Bus bus;
    int calls = 0;
    Subscription later;
    const auto first = bus.subscribe<PingEvent>([&](const PingEvent&) { later.unsubscribe(); });
    later = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 1U);
    BOOST_TEST(calls == 0);
    BOOST_TEST(!later.active());
}

BOOST_AUTO_TEST_CASE(D3_a_handler_may_unsubscribe_itself_and_finishes_while_the_others_run) {
    bus::Bus bus;
    std::vector<std::string> seen;
    Subscription self;
    self = bus.subscribe<PingEvent>([&](const PingEvent&) {
        seen.emplace_back("begin");
        self.unsubscribe();
        seen.emplace_back("end");
    });
    const auto other =
        bus.subscribe<PingEvent>([&](const PingEvent&) { seen.emplace_back("other"); });
    bus.publish(ping("a"));
    bus.publish(ping("a"));
    const std::vector<std::string> expected{"begin", "end", "other", "other"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(D4_unsubscribing_an_earlier_handler_skips_no_other) {
    bus::Bus bus;
    std::string seen;
    Subscription a;
    a = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'a'; });
    const auto b = bus.subscribe<PingEvent>([&](const PingEvent&) {
        seen += 'b';
        a.unsubscribe();
    });
    const auto c = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'c'; });
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(seen == "abcbc");
}

BOOST_AUTO_TEST_CASE(D4_handlers_that_remove_each_other_in_a_chain_leave_the_first_one) {
    bus::Bus bus;
    std::string seen;
    std::vector<Subscription> all(4);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = bus.subscribe<PingEvent>([&, i](const PingEvent&) {
            seen += static_cast<char>('a' + i);
            for (std::size_t k = 0; k < all.size(); ++k) {
                if (k != i) {
                    all[k].unsubscribe();
                }
            }
        });
    }
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(seen == "aa");
}

BOOST_AUTO_TEST_CASE(D6_ending_a_subscription_twice_is_harmless) {
    bus::Bus bus;
    int calls = 0;
    auto subscription = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    BOOST_TEST(subscription.active());
    subscription.unsubscribe();
    subscription.unsubscribe();
    BOOST_TEST(!subscription.active());
    bus.publish(ping("a"));
    BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(D6_move_assigning_ends_the_old_subscription_and_empties_the_source) {
    bus::Bus bus;
    std::string seen;
    auto a = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'a'; });
    auto b = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'b'; });
    a = std::move(b);
    BOOST_TEST(a.active());
    BOOST_TEST(!b.active()); // NOLINT: that a moved-from one is empty is what is tested
    b.unsubscribe();
    bus.publish(ping("x"));
    BOOST_TEST(seen == "b");
}

BOOST_AUTO_TEST_CASE(D6_a_subscription_may_outlive_its_bus) {
    Subscription subscription;
    {
        bus::Bus bus;
        subscription = bus.subscribe<PingEvent>([](const PingEvent&) {});
    }
    subscription.unsubscribe();
    BOOST_TEST(!subscription.active());
}

BOOST_AUTO_TEST_CASE(D8_priority_comes_before_the_order_of_subscription_even_after_removals) {
    bus::Bus bus;
    std::string seen;
    const auto add = [&](char name, int priority) {
        return bus.subscribe<PingEvent>([&seen, name](const PingEvent&) { seen += name; },
                                        {.priority = priority});
    };
    auto a = add('a', 0);
    auto b = add('b', 5);
    auto c = add('c', 0);
    auto d = add('d', -1);
    auto e = add('e', 5);
    bus.publish(ping("x"));
    BOOST_TEST(seen == "beacd");
    seen.clear();
    b.unsubscribe();
    a.unsubscribe();
    a = add('A', 0);
    bus.publish(ping("x"));
    BOOST_TEST(seen == "ecAd");
}

BOOST_AUTO_TEST_CASE(D8_handlers_of_a_base_and_of_the_type_itself_are_merged_by_priority) {
    bus::Bus bus;
    std::string seen;
    const auto base =
        bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent&) { seen += 'd'; });
    const auto own = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'p'; });
    const auto first = bus.subscribe<bus::DomainEvent>(
        [&](const bus::DomainEvent&) { seen += 'D'; }, {.priority = 1});
    bus.publish(ping("x"));
    BOOST_TEST(seen == "Ddp");
}

BOOST_AUTO_TEST_CASE(D9_the_same_callable_subscribed_twice_runs_twice) {
    bus::Bus bus;
    int calls = 0;
    const auto handler = [&calls](const PingEvent&) { ++calls; };
    const auto one = bus.subscribe<PingEvent>(handler);
    const auto two = bus.subscribe<PingEvent>(handler);
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 2U);
    BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(D20_once_runs_once_and_then_its_subscription_has_ended) {
    bus::Bus bus;
    int calls = 0;
    const auto once = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; }, {.once = true});
    BOOST_TEST(once.active());
    bus.publish(ping("a"));
    bus.publish(ping("a"));
    BOOST_TEST(calls == 1);
    BOOST_TEST(!once.active());
}

BOOST_AUTO_TEST_CASE(D20_once_runs_at_most_once_when_it_publishes_its_own_type) {
    bus::Bus bus;
    int calls = 0;
    const auto once = bus.subscribe<PingEvent>(
        [&](const PingEvent&) {
            ++calls;
            bus.publish(ping("again"));
        },
        {.once = true});
    bus.publish(ping("a"));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(D20_once_runs_at_most_once_when_two_threads_publish_at_the_same_time) {
    bus::Bus bus;
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> calls{0};
        const auto once =
            bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; }, {.once = true});
        std::latch begin{2};
        const auto publish = [&] {
            begin.arrive_and_wait();
            bus.publish(ping("a"));
        };
        std::thread other{publish};
        publish();
        other.join();
        BOOST_TEST(calls == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
