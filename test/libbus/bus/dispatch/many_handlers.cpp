// Many handlers, and subscriptions that end during a long dispatch: neither the time nor the memory
// of a handler may depend on how many there were before it.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// Counts its live objects.
struct Counted {
    explicit Counted(int& c) : count{&c} { ++*count; }

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    ~Counted() { --*count; }

    int* count;
};

double seconds_of(const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

BOOST_AUTO_TEST_SUITE(many_handlers)

BOOST_AUTO_TEST_CASE(D27_subscribing_takes_no_longer_when_there_are_many_handlers_already) {
    bus::Bus bus;
    std::vector<bus::Subscription> subscriptions;
    constexpr int few = 3'000;
    const auto subscribe = [&](int count) {
        return seconds_of([&] {
            for (int i = 0; i < count; ++i) {
                subscriptions.push_back(bus.subscribe<PingEvent>([](const PingEvent&) {}));
            }
        });
    };
    const auto end_few = [&] {
        return seconds_of(
            [&] { subscriptions.erase(subscriptions.end() - few, subscriptions.end()); });
    };
    subscribe(few);
    const double ending_alone = end_few();
    const double first = subscribe(few);
    const double others = subscribe(27'000);
    // Nine times as many handlers. With quadratic time it would take ninety-nine times as long.
    BOOST_TEST(others < 30 * first + 0.1);
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 30'000U);
    // If each end looked through all handlers, it would take nineteen times as long.
    BOOST_TEST(end_few() < 8 * ending_alone + 0.1);
    subscriptions.clear();
    BOOST_TEST(bus.publish(ping("b")).handlers.handled == 0U);
}

BOOST_AUTO_TEST_CASE(D8_more_handlers_of_many_priorities_than_a_change_copies_keep_their_order) {
    bus::Bus bus;
    std::vector<int> seen;
    std::vector<bus::Subscription> subscriptions;
    for (int i = 0; i < 200; ++i) {
        subscriptions.push_back(bus.subscribe<PingEvent>(
            [&seen, i](const PingEvent&) { seen.push_back(i); }, {.priority = i % 7}));
        bus.publish(pong("a"));
    }
    const auto any = bus.subscribe<bus::DomainEvent>(
        [&seen](const bus::DomainEvent&) { seen.push_back(-1); }, {.priority = 3});
    subscriptions[100].unsubscribe();
    bus.publish(ping("a"));
    std::vector<int> expected;
    for (int priority = 6; priority >= 0; --priority) {
        for (int i = 0; i < 200; ++i) {
            if (i % 7 == priority && i != 100) {
                expected.push_back(i);
            }
        }
        if (priority == 3) {
            expected.push_back(-1);
        }
    }
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(
    D1_a_handler_subscribed_during_a_dispatch_of_many_is_called_from_the_next_one_on) {
    bus::Bus bus;
    int late = 0;
    std::vector<bus::Subscription> subscriptions;
    for (int i = 0; i < 100; ++i) {
        subscriptions.push_back(bus.subscribe<PingEvent>([&](const PingEvent&) {
            subscriptions.push_back(bus.subscribe<PingEvent>([&](const PingEvent&) { ++late; }));
        }));
    }
    subscriptions.reserve(1'000);
    bus.publish(ping("a"));
    BOOST_TEST(late == 0);
    for (int i = 0; i < 100; ++i) {
        subscriptions[static_cast<std::size_t>(i)].unsubscribe();
    }
    bus.publish(ping("b"));
    BOOST_TEST(late == 100);
}

BOOST_AUTO_TEST_CASE(D26_handlers_whose_objects_have_gone_do_not_pile_up_even_if_nobody_publishes) {
    bus::Bus bus;
    int handlers = 0;
    int most = 0;
    for (int i = 0; i < 1'000; ++i) {
        const auto object = std::make_shared<int>(i);
        auto counted = std::make_shared<Counted>(handlers);
        bus.subscribe<PingEvent>([counted = std::move(counted)](const PingEvent&) {},
                                 {.priority = i % 3, .tied_to = object})
            .release();
        most = std::max(most, handlers);
    }
    BOOST_TEST(most < 20);
}

BOOST_AUTO_TEST_CASE(
    D26_handlers_whose_objects_live_are_kept_beside_those_whose_objects_have_gone) {
    bus::Bus bus;
    std::vector<std::shared_ptr<int>> objects;
    int handlers = 0;
    for (int i = 0; i < 1'000; ++i) {
        auto object = std::make_shared<int>(i);
        auto counted = std::make_shared<Counted>(handlers);
        bus.subscribe<PingEvent>([counted = std::move(counted)](const PingEvent&) {},
                                 {.tied_to = object})
            .release();
        if (i % 10 == 0) {
            objects.push_back(std::move(object));
        }
    }
    BOOST_TEST(handlers < 200);
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 100U);
}

BOOST_AUTO_TEST_CASE(D25_handlers_ended_in_a_loop_inside_a_handler_are_released_before_it_ends) {
    bus::Bus bus;
    int handlers = 0;
    int most = 0;
    const auto loop = bus.subscribe<PingEvent>([&](const PingEvent&) {
        for (int i = 0; i < 1'000; ++i) {
            auto counted = std::make_shared<Counted>(handlers);
            auto subscription =
                bus.subscribe<PongEvent>([counted = std::move(counted)](const PongEvent&) {});
            if (i % 2 == 0) {
                bus.publish(pong("a"));
            }
            subscription.unsubscribe();
            most = std::max(most, handlers);
        }
    });
    bus.publish(ping("a"));
    BOOST_TEST(most < 50);
    BOOST_TEST(handlers == 0);
}

BOOST_AUTO_TEST_CASE(D25_once_handlers_run_in_a_loop_inside_a_handler_are_released_before_it_ends) {
    bus::Bus bus;
    int handlers = 0;
    int most = 0;
    int ran = 0;
    const auto loop = bus.subscribe<PingEvent>([&](const PingEvent&) {
        for (int i = 0; i < 1'000; ++i) {
            auto counted = std::make_shared<Counted>(handlers);
            bus.subscribe<PongEvent>(
                   [&ran, counted = std::move(counted)](const PongEvent&) { ++ran; },
                   {.once = true})
                .release();
            bus.publish(pong("a"));
            most = std::max(most, handlers);
        }
    });
    bus.publish(ping("a"));
    BOOST_TEST(ran == 1'000);
    BOOST_TEST(most < 50);
    BOOST_TEST(handlers == 0);
}

BOOST_AUTO_TEST_CASE(D25_a_handler_that_ends_itself_and_goes_on_keeps_what_it_captured) {
    bus::Bus bus;
    int handlers = 0;
    bool whole = false;
    bus::Subscription self;
    auto counted = std::make_shared<Counted>(handlers);
    self = bus.subscribe<PingEvent>([&, counted = std::move(counted)](const PingEvent&) {
        self.unsubscribe();
        for (int i = 0; i < 100; ++i) {
            bus.subscribe<PongEvent>([](const PongEvent&) {}).unsubscribe();
            bus.publish(pong("a"));
        }
        whole = *counted->count == 1;
    });
    bus.publish(ping("a"));
    BOOST_TEST(whole);
    BOOST_TEST(handlers == 0);
}

BOOST_AUTO_TEST_SUITE_END()
