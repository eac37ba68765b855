// Threads of the host. They publish without registration, at any time. Two threads end each other's
// subscriptions: D16. A thread waits at the end of its outermost dispatch: D15.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// Gives other threads time to do what they must not do.
void let_others_run() {
    for (int i = 0; i < 200; ++i) {
        std::this_thread::yield();
    }
}

/// A handler that runs until it is released.
struct Stay {
    std::latch entered{1};
    std::latch may_leave{1};
    std::atomic<bool> left{false};

    void run() {
        entered.count_down();
        may_leave.wait();
        left = true;
    }
};

enum class Ender : bool {
    outside,
    in_a_handler, ///< a handler of another bus
};

/// Ends a subscription that has already ended, on a separate thread, while its handler still runs.
/// That thread must not continue before the handler has returned.
void check_that_the_end_waits(bus::Subscription& subscription, Stay& stay, Ender where) {
    stay.entered.wait();
    BOOST_TEST(!subscription.active());
    bus::Bus elsewhere;
    std::atomic<bool> begun{false};
    std::atomic<bool> over{false};
    bool left_when_over = false;
    const auto ender = elsewhere.subscribe<PongEvent>([&](const PongEvent&) {
        subscription.unsubscribe();
        begun = true; // at once, although the handler runs
    });
    std::thread thread{[&] {
        if (where == Ender::in_a_handler) {
            elsewhere.publish(pong("x"));
        } else {
            begun = true;
            subscription.unsubscribe();
        }
        left_when_over = stay.left;
        over = true;
    }};
    while (!begun) {
        std::this_thread::yield();
    }
    let_others_run();
    BOOST_TEST(!over);
    stay.may_leave.count_down();
    thread.join();
    BOOST_TEST(left_when_over);
}

} // namespace

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(D15_ending_a_once_handler_waits_for_the_thread_that_runs_it) {
    for (const Ender where : {Ender::outside, Ender::in_a_handler}) {
        bus::Bus bus;
        Stay stay;
        auto once = bus.subscribe<PingEvent>([&](const PingEvent&) { stay.run(); }, {.once = true});
        std::thread other{[&] { bus.publish(ping("x")); }};
        check_that_the_end_waits(once, stay, where);
        other.join();
    }
}

BOOST_AUTO_TEST_CASE(D15_ending_a_handler_that_has_destroyed_its_bus_waits_for_it) {
    for (const Ender where : {Ender::outside, Ender::in_a_handler}) {
        auto bus = std::make_unique<bus::Bus>();
        Stay stay;
        auto subscription = bus->subscribe<PingEvent>([&](const PingEvent&) {
            bus.reset();
            stay.run();
        });
        std::thread other{[&] { bus->publish(ping("x")); }};
        check_that_the_end_waits(subscription, stay, where);
        other.join();
    }
}

BOOST_AUTO_TEST_CASE(D16_two_once_handlers_on_two_threads_that_end_each_other_do_not_deadlock) {
    for (int round = 0; round < 200; ++round) {
        bus::Bus bus;
        std::latch both{2};
        bus::Subscription a;
        bus::Subscription b;
        a = bus.subscribe<PingEvent>(
            [&](const PingEvent&) {
                both.arrive_and_wait();
                b.unsubscribe();
            },
            {.once = true});
        b = bus.subscribe<PongEvent>(
            [&](const PongEvent&) {
                both.arrive_and_wait();
                a.unsubscribe();
            },
            {.once = true});
        std::thread one{[&] { bus.publish(ping("x")); }};
        std::thread two{[&] { bus.publish(pong("x")); }};
        one.join();
        two.join();
        BOOST_TEST(!a.active());
        BOOST_TEST(!b.active());
    }
}

BOOST_AUTO_TEST_CASE(D15_inside_a_dispatch_the_wait_happens_at_the_end_of_the_outermost_one) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    std::atomic<bool> left{false};
    auto slow = bus.subscribe<PongEvent>([&](const PongEvent&) {
        entered.count_down();
        may_leave.wait();
        left = true;
    });
    std::thread other{[&] { bus.publish(pong("a")); }};
    entered.wait();

    std::atomic<bool> unsubscribed{false};
    std::atomic<bool> rest_ran{false};
    std::atomic<bool> published{false};
    bool left_when_published = false;
    const auto inner = bus.subscribe<test::LoudPingEvent>([&](const PingEvent&) {
        slow.unsubscribe();
        unsubscribed = true; // at once, although the handler runs
    });
    const auto outer = bus.subscribe<test::GivenUpEvent>(
        [&](const test::GivenUpEvent&) { bus.publish(test::LoudPingEvent{}); });
    const auto rest =
        bus.subscribe<test::GivenUpEvent>([&](const test::GivenUpEvent&) { rest_ran = true; });
    std::thread ender{[&] {
        bus.publish(test::given_up("a", "why"));
        left_when_published = left;
        published = true;
    }};
    while (!rest_ran) {
        std::this_thread::yield();
    }
    BOOST_TEST(unsubscribed);
    let_others_run();
    BOOST_TEST(!published); // its handlers have returned; now it waits
    may_leave.count_down();
    ender.join();
    other.join();
    BOOST_TEST(left_when_published);
}

BOOST_AUTO_TEST_CASE(
    D16_two_handlers_on_two_threads_that_end_each_others_subscription_do_not_deadlock) {
    for (int round = 0; round < 200; ++round) {
        bus::Bus bus;
        std::latch both{2};
        bus::Subscription a;
        bus::Subscription b;
        a = bus.subscribe<PingEvent>([&](const PingEvent&) {
            both.arrive_and_wait();
            b.unsubscribe();
        });
        b = bus.subscribe<PongEvent>([&](const PongEvent&) {
            both.arrive_and_wait();
            a.unsubscribe();
        });
        std::thread one{[&] { bus.publish(ping("x")); }};
        std::thread two{[&] { bus.publish(pong("x")); }};
        one.join();
        two.join();
        BOOST_TEST(bus.publish(ping("x")).handlers.handled == 0U);
        BOOST_TEST(bus.publish(pong("x")).handlers.handled == 0U);
    }
}

BOOST_AUTO_TEST_CASE(D16_a_handler_that_blocks_delays_only_threads_that_end_its_own_subscription) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    const auto blocked = bus.subscribe<PingEvent>([&](const PingEvent&) {
        entered.count_down();
        may_leave.wait();
    });
    auto same_type = bus.subscribe<PingEvent>([](const PingEvent&) {});
    auto other_type = bus.subscribe<PongEvent>([](const PongEvent&) {});
    auto base = bus.subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {});
    std::thread publisher{[&] { bus.publish(ping("x")); }};
    entered.wait();
    same_type.unsubscribe(); // each would hang here if it waited for the blocked one
    other_type.unsubscribe();
    base.unsubscribe();
    auto another = bus.subscribe<PingEvent>([](const PingEvent&) {});
    another.unsubscribe();
    BOOST_TEST(bus.publish(pong("x")).handlers.handled == 0U);
    may_leave.count_down();
    publisher.join();
}

BOOST_AUTO_TEST_CASE(D16_a_thread_that_has_run_a_handler_before_does_not_delay_its_end) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    auto quick = bus.subscribe<PongEvent>([](const PongEvent&) {});
    const auto blocked = bus.subscribe<PingEvent>([&](const PingEvent&) {
        entered.count_down();
        may_leave.wait();
    });
    std::thread publisher{[&] {
        bus.publish(pong("x"));
        bus.publish(ping("x"));
    }};
    entered.wait();
    quick.unsubscribe();
    may_leave.count_down();
    publisher.join();
    BOOST_TEST(!quick.active());
}

BOOST_AUTO_TEST_CASE(
    D16_the_end_of_the_last_handler_of_a_type_waits_for_no_publisher_of_that_type) {
    constexpr int publishers = 32;
    bus::Bus bus;
    std::atomic<bool> stop{false};
    std::atomic<int> ended{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i) {
        threads.emplace_back([&] {
            for (const PingEvent event = ping("x"); !stop;) {
                bus.publish(event);
            }
        });
    }
    threads.emplace_back([&] {
        for (; ended < 20 && !stop; ++ended) {
            std::atomic<bool> called{false};
            auto last = bus.subscribe<PingEvent>([&](const PingEvent&) { called = true; });
            while (!called && !stop) {
                std::this_thread::yield();
            }
            last.unsubscribe();
        }
        stop = true;
    });
    // Each unsubscribe waits for a short time only. If it waited until no thread publishes, it
    // would take minutes.
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!stop && std::chrono::steady_clock::now() < late) {
        std::this_thread::yield();
    }
    stop = true;
    threads.clear();
    BOOST_TEST(ended == 20);
}

BOOST_AUTO_TEST_CASE(threads_that_come_and_go_publish_without_registration) {
    bus::Bus bus;
    std::atomic<int> calls{0};
    const auto subscription = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    for (int round = 0; round < 50; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { bus.publish(ping("x")); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    BOOST_TEST(calls == 200);
}

BOOST_AUTO_TEST_CASE(a_thread_may_publish_and_unsubscribe_from_the_destructors_at_its_end) {
    struct AtEnd {
        bus::Bus* bus = nullptr;
        std::optional<bus::Subscription> subscription;

        ~AtEnd() {
            if (bus != nullptr) {
                bus->publish(ping("late"));
                subscription.reset();
                bus->publish(ping("later"));
            }
        }
    };

    bus::Bus bus;
    std::atomic<int> calls{0};
    const auto counter = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    for (int round = 0; round < 3; ++round) {
        std::thread{[&] {
            thread_local AtEnd at_end; // destroyed after what the first publish makes below
            at_end.bus = &bus;
            at_end.subscription = bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
            bus.publish(ping("first"));
        }}.join();
    }
    BOOST_TEST(calls == 3 * (2 + 2 + 1));
}

BOOST_AUTO_TEST_CASE(a_deep_recursion_on_one_thread_does_not_hide_what_another_thread_ends) {
    bus::Bus bus;
    std::latch deep{1};
    std::latch may_return{1};
    std::atomic<int> depth{0};
    std::atomic<bool> ended{false};
    std::atomic<bool> ran_after_end{false};
    auto recursive = bus.subscribe<PingEvent>([&](const PingEvent& event) {
        if (ended) {
            ran_after_end = true;
        }
        if (++depth < 100) {
            bus.publish(event);
            return;
        }
        deep.count_down();
        may_return.wait();
    });
    std::thread publisher{[&] { bus.publish(ping("x")); }};
    deep.wait();
    std::thread ender{[&] {
        recursive.unsubscribe();
        ended = true;
    }};
    let_others_run();
    BOOST_TEST(!ended); // the handler still runs, a hundred levels deep
    may_return.count_down();
    publisher.join();
    ender.join();
    bus.publish(ping("x"));
    BOOST_TEST(!ran_after_end);
    BOOST_TEST(depth == 100);
}

BOOST_AUTO_TEST_SUITE_END()
