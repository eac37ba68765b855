// Handlers: what they receive, what they may do, and what they may throw: D7, D11 to D14, D19.
#include "test/support/allocations.hpp"
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using test::BufferedEvent;
using test::LoudPingEvent;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

BOOST_AUTO_TEST_SUITE(handlers)

BOOST_AUTO_TEST_CASE(D7_a_handler_may_publish_another_type_which_is_handled_depth_first) {
    bus::Bus bus;
    std::string seen;
    const auto outer = bus.subscribe<PingEvent>([&](const PingEvent&) {
        seen += '<';
        bus.publish(pong("x"));
        seen += '>';
    });
    const auto inner = bus.subscribe<PongEvent>([&](const PongEvent&) { seen += 'i'; });
    const auto last = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'l'; });
    bus.publish(ping("x"));
    BOOST_TEST(seen == "<i>l");
}

BOOST_AUTO_TEST_CASE(D7_a_handler_may_publish_its_own_type_a_thousand_deep) {
    bus::Bus bus;
    std::int64_t deepest = 0;
    const auto handler = bus.subscribe<PingEvent>([&](const PingEvent& event) {
        deepest = std::max(deepest, event.number);
        if (event.number < 1000) {
            bus.publish(ping("x", event.number + 1));
        }
    });
    bus.publish(ping("x", 1));
    BOOST_TEST(deepest == 1000);
}

BOOST_AUTO_TEST_CASE(D11_the_handler_gets_the_publishers_own_event) {
    bus::Bus bus;
    const bus::DomainEvent* seen = nullptr;
    const auto handler = bus.subscribe<PingEvent>([&](const PingEvent& event) { seen = &event; });
    const PingEvent event = ping("a name that is too long for a short string");
    bus.publish(event);
    BOOST_TEST((seen == &event));
}

BOOST_AUTO_TEST_CASE(the_allocation_counter_counts_aligned_allocations_too) {
    struct alignas(64) Line {
        std::array<char, 64> bytes{};
    };

    const std::size_t before = test::allocations();
    auto line = std::make_unique<Line>();
    // The optimiser must assume that the line is read here, so it has to produce it.
    asm volatile("" : : "g"(line.get()) : "memory");
    BOOST_TEST(test::allocations() - before == 1U);
}

BOOST_AUTO_TEST_CASE(D11_a_publish_does_not_allocate) {
    bus::Bus bus;
    const bus::Observers unwatched{bus}; // no slot is connected
    std::size_t calls = 0;
    const auto call = [&](const auto&) { ++calls; };
    const auto plain = bus.subscribe<PingEvent>(call);
    const auto base = bus.subscribe<bus::DomainEvent>(call);
    const auto wanted = bus.subscribe<PingEvent>(call, [](const PingEvent&) { return true; });
    const auto unwanted = bus.subscribe<PingEvent>(call, [](const PingEvent&) { return false; });
    const auto first = bus.subscribe<PingEvent>(call, {.priority = 100});
    const auto owner = std::make_shared<int>();
    const auto tied = bus.subscribe<PingEvent>(call, {.tied_to = owner});
    auto blocked = bus.subscribe<PingEvent>(call);
    const auto block = blocked.block();
    const PongEvent inner = pong("a name that is too long for a short string");
    const auto nested = bus.subscribe<PingEvent>([&](const PingEvent&) { bus.publish(inner); });
    const auto innermost = bus.subscribe<PongEvent>(call);
    const PingEvent event = ping("a name that is too long for a short string");
    bus.publish(event); // builds the snapshots
    // Five handlers of PingEvent, and two of the PongEvent that is published inside: its own
    // handler and that of the base.
    BOOST_TEST(calls == 7U);
    const std::size_t before = test::allocations();
    for (int i = 0; i < 100; ++i) {
        bus.publish(event);
    }
    BOOST_TEST(test::allocations() - before == 0U);
    BOOST_TEST(calls == 707U);
}

BOOST_AUTO_TEST_CASE(D11_a_publish_to_an_agent_with_a_warm_mailbox_does_not_allocate) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{.runtime = runtime}};
    std::size_t calls = 0;
    auto counting = test::scripted("counting");
    counting->handles<BufferedEvent>([&](const BufferedEvent&, bus::Context&) { ++calls; });
    bus.add(std::move(counting));
    const BufferedEvent event; // owns nothing
    const auto publish = [&] {
        for (int i = 0; i < 100; ++i) {
            bus.publish(event);
        }
    };
    publish();
    bus.wait_idle();
    const std::size_t before = test::allocations();
    publish();
    BOOST_TEST(test::allocations() - before == 0U);
    bus.wait_idle();
    BOOST_TEST(calls == 200U);
}

BOOST_AUTO_TEST_CASE(D12_publishing_without_listeners_is_harmless_and_observable) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int unhandled = 0;
    observers.unhandled.connect([&](const bus::DomainEvent&) { ++unhandled; });
    const bus::PublishReport report = bus.publish(ping("a"));
    BOOST_TEST(report.handlers.handled == 0U);
    BOOST_TEST(report.handlers.failures.empty());
    BOOST_TEST(unhandled == 1);
}

BOOST_AUTO_TEST_CASE(D13_a_handler_that_throws_affects_neither_the_others_nor_the_next_publish) {
    bus::Bus bus;
    std::string seen;
    const auto a = bus.subscribe<PingEvent>([&](const PingEvent&) {
        seen += 'a';
        throw std::runtime_error{"no"};
    });
    const auto b = bus.subscribe<PingEvent>(
        [&](const PingEvent&) {
            seen += 'b';
            throw 42; // NOLINT: no std::exception, on purpose
        },
        {.name = "the second"});
    const auto c = bus.subscribe<PingEvent>([&](const PingEvent&) { seen += 'c'; });
    const bus::PublishReport report = bus.publish(ping("x"));
    BOOST_TEST(report.handlers.handled == 1U);
    BOOST_REQUIRE(report.handlers.failures.size() == 2U);
    BOOST_TEST(report.handlers.failures[0].handler == "handler 1 of PingEvent");
    BOOST_TEST(report.handlers.failures[1].handler == "the second");
    BOOST_CHECK_THROW(std::rethrow_exception(report.handlers.failures[0].error),
                      std::runtime_error);
    BOOST_CHECK_THROW(std::rethrow_exception(report.handlers.failures[1].error), int);
    bus.publish(ping("x"));
    BOOST_TEST(seen == "abcabc");
}

BOOST_AUTO_TEST_CASE(D14_a_filter_selects_and_one_that_throws_counts_as_a_throwing_handler) {
    bus::Bus bus;
    std::vector<std::int64_t> seen;
    const auto picky =
        bus.subscribe<PingEvent>([&](const PingEvent& event) { seen.push_back(event.number); },
                                 [](const PingEvent& event) -> bool {
                                     if (event.number == 2) {
                                         throw std::runtime_error{"cannot say"};
                                     }
                                     return event.number > 0;
                                 });
    BOOST_TEST(bus.publish(ping("a", 0)).handlers.handled == 0U);
    BOOST_TEST(bus.publish(ping("a", 1)).handlers.handled == 1U);
    BOOST_TEST(bus.publish(ping("a", 2)).handlers.failures.size() == 1U);
    BOOST_TEST(bus.publish(ping("a", 3)).handlers.handled == 1U);
    const std::vector<std::int64_t> expected{1, 3};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(D14_a_filter_may_publish_subscribe_and_unsubscribe) {
    bus::Bus bus;
    int pongs = 0;
    int late = 0;
    bus::Subscription other = bus.subscribe<PingEvent>([](const PingEvent&) {});
    bus::Subscription added;
    const auto pong_handler = bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
    const auto filtered = bus.subscribe<PingEvent>([](const PingEvent&) {},
                                                   [&](const PingEvent&) {
                                                       bus.publish(pong("x"));
                                                       other.unsubscribe();
                                                       added = bus.subscribe<PingEvent>(
                                                           [&](const PingEvent&) { ++late; });
                                                       return true;
                                                   });
    bus.publish(ping("x"));
    BOOST_TEST(pongs == 1);
    BOOST_TEST(late == 0);
    BOOST_TEST(!other.active());
}

BOOST_AUTO_TEST_CASE(D14_a_once_handler_whose_filter_says_no_is_not_used_up) {
    bus::Bus bus;
    int calls = 0;
    const auto once =
        bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; },
                                 [](const PingEvent& e) { return e.number == 7; }, {.once = true});
    bus.publish(ping("a", 1));
    BOOST_TEST(once.active());
    bus.publish(ping("a", 7));
    bus.publish(ping("a", 7));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(D19_a_handler_of_a_base_gets_each_event_once_with_its_full_type) {
    bus::Bus bus;
    std::vector<std::string> seen;
    const auto all = bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent& event) {
        const auto* loud = bus::event_cast<LoudPingEvent>(event);
        seen.push_back(std::string{event.event_type()} +
                       (loud != nullptr ? ":" + std::to_string(loud->volume) : std::string{}));
    });
    std::vector<std::int64_t> pings;
    const auto base =
        bus.subscribe<PingEvent>([&](const PingEvent& event) { pings.push_back(event.number); });
    LoudPingEvent loud;
    loud.number = 2;
    loud.volume = 11;
    bus.publish(ping("a", 1));
    bus.publish(loud);
    bus.publish(pong("a", 3));
    const std::vector<std::string> expected{"PingEvent", "LoudPingEvent:11", "PongEvent"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    const std::vector<std::int64_t> expected_pings{1, 2};
    BOOST_TEST(pings == expected_pings, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_handler_passes_execution_user_and_cause_on_with_derive) {
    bus::Bus bus;
    PongEvent caused;
    const auto ping_handler = bus.subscribe<PingEvent>([&](const PingEvent& event) {
        bus.publish(bus::derive<PongEvent>(event, event.name, event.number + 1));
    });
    const auto pong_handler =
        bus.subscribe<PongEvent>([&](const PongEvent& event) { caused = event; });
    PingEvent cause = ping("a", 1);
    cause.execution_id = "exec-1";
    cause.user_id = "user-1";
    bus.publish(cause);
    BOOST_TEST(caused.number == 2);
    BOOST_TEST(caused.execution_id == "exec-1");
    BOOST_TEST(caused.user_id == "user-1");
    BOOST_TEST((caused.causation_id == cause.event_id));
}

BOOST_AUTO_TEST_SUITE_END()
