// Memory that runs out, a program that ends in a handler, a bus that is destroyed while another one
// is created.
#include "test/support/allocations.hpp"
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// More allocations than any of the functions here makes.
constexpr std::size_t bound = 200;

/// Runs `action` while its first allocation fails, then while the second one fails, ... until it
/// succeeds. `check` checks the state after each failure. Returns how many failed.
template <class Action, class Check>
std::size_t fail_each_allocation(Action action, Check check) {
    for (std::size_t which = 0; which < bound; ++which) {
        try {
            const test::FailingAllocation failing{which};
            action();
            return which;
        } catch (const std::bad_alloc&) {
        }
        check();
    }
    BOOST_FAIL("it never succeeds");
    return bound;
}

/// Subscribes to the bus when it is destroyed.
struct Latecomer {
    bus::Bus& bus;
    std::vector<bus::Subscription>& subscriptions;
    int& called;

    Latecomer(bus::Bus& b, std::vector<bus::Subscription>& s, int& c)
        : bus{b}, subscriptions{s}, called{c} {}

    Latecomer(const Latecomer&) = delete;
    Latecomer& operator=(const Latecomer&) = delete;

    ~Latecomer() {
        subscriptions.push_back(
            bus.subscribe<PongEvent>([&count = called](const PongEvent&) { ++count; }));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(trouble)

BOOST_AUTO_TEST_CASE(a_subscribe_without_memory_has_subscribed_nothing_and_disturbs_nothing) {
    bus::Bus bus;
    int old = 0;
    int late = 0;
    const auto first = bus.subscribe<PingEvent>([&](const PingEvent&) { ++old; });
    bus.publish(ping("a"));
    bus::Subscription second;
    const std::size_t failed = fail_each_allocation(
        [&] { second = bus.subscribe<PingEvent>([&](const PingEvent&) { ++late; }); },
        [&] {
            const int before = old;
            const auto report = bus.publish(ping("b"));
            BOOST_TEST(old == before + 1);
            BOOST_TEST(report.handlers.handled == 1U);
        });
    BOOST_TEST(failed > 0U);
    BOOST_TEST(late == 0);
    BOOST_TEST(bus.publish(ping("c")).handlers.handled == 2U);
    BOOST_TEST(late == 1);
}

BOOST_AUTO_TEST_CASE(a_first_publish_without_memory_reaches_its_handlers_when_there_is_memory) {
    std::size_t failed = 0;
    bus::Bus bus;
    int called = 0;
    const auto any = bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent&) { ++called; });
    const PingEvent event = ping("a");
    failed = fail_each_allocation([&] { bus.publish(event); }, [&] { BOOST_TEST(called == 0); });
    BOOST_TEST(failed > 0U);
    BOOST_TEST(called == 1);
    bus.publish(event);
    BOOST_TEST(called == 2);
}

BOOST_AUTO_TEST_CASE(a_program_may_end_in_a_handler) {
    std::cout.flush(); // otherwise both processes print what is in its buffer
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        alarm(20); // if it hangs, it is killed
        static std::optional<bus::Bus> bus{std::in_place};
        static const auto subscription =
            bus->subscribe<PingEvent>([](const PingEvent&) { std::exit(7); });
        bus->publish(ping("a"));
        std::_Exit(1);
    }
    int status = 0;
    BOOST_REQUIRE(waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 7);
}

BOOST_AUTO_TEST_CASE(a_handler_subscribed_while_the_bus_is_destroyed_is_never_called) {
    std::vector<bus::Subscription> subscriptions;
    int called = 0;
    std::optional<bus::Bus> bus{std::in_place};
    auto latecomer = std::make_shared<Latecomer>(*bus, subscriptions, called);
    auto held = bus->subscribe<PingEvent>([latecomer = std::move(latecomer)](const PingEvent&) {});
    held.release();
    bus->publish(pong("a"));
    bus.reset();
    BOOST_TEST(subscriptions.size() == 1U);
    subscriptions.clear(); // it outlives the bus, and ends without it
    BOOST_TEST(called == 0);
}

BOOST_AUTO_TEST_SUITE_END()
