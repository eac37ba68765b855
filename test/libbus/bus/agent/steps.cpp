// Steps of agents on a bus without a store: A1, A3 to A5, A7, A8, A12, A14.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

struct StepsWorld {
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(steps, StepsWorld)

BOOST_AUTO_TEST_CASE(A1_first_attempts_happen_in_the_order_published_across_types) {
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->handles<PingEvent>(
        [&](const PingEvent& event, bus::Context&) { seen.push_back(event.number); });
    agent->handles<PongEvent>(
        [&](const PongEvent& event, bus::Context&) { seen.push_back(event.number); });
    bus.add(std::move(agent));
    std::vector<std::int64_t> expected;
    for (int i = 0; i < 200; ++i) {
        i % 3 == 0 ? bus.publish(ping("x", i)) : bus.publish(pong("y", i));
        expected.push_back(i);
    }
    runtime->run_ready();
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A1_what_a_plain_handler_publishes_comes_after_its_cause_for_every_agent) {
    std::string seen;
    auto agent = scripted("a");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { seen += 'i'; });
    agent->handles<PongEvent>([&](const PongEvent&, bus::Context&) { seen += 'o'; });
    bus.add(std::move(agent));
    const auto handler =
        bus.subscribe<PingEvent>([&](const PingEvent&) { bus.publish(pong("x")); });
    bus.publish(ping("x"));
    runtime->run_ready();
    BOOST_TEST(seen == "io");
}

BOOST_AUTO_TEST_CASE(A3_events_that_wait_when_the_bus_stops_are_not_handled_but_counted) {
    int handled = 0;
    auto agent = scripted("a");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
    bus.add(std::move(agent));
    for (int i = 0; i < 5; ++i) {
        bus.publish(ping("x", i));
    }
    const bus::StopReport report = bus.stop(bus::Stop::now);
    BOOST_TEST(!report.drained);
    BOOST_TEST(report.queued + static_cast<std::size_t>(handled) == 5U);
    BOOST_TEST(report.agents.front().finished == static_cast<std::uint64_t>(handled));
}

BOOST_AUTO_TEST_CASE(A4_events_published_while_an_agent_drains_are_handled_in_turn) {
    std::vector<std::int64_t> seen;
    auto chatty = scripted("chatty");
    chatty->handles<PingEvent, PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number < 10'000) {
            context.publish(ping("x", event.number + 1));
        }
    });
    auto quiet = scripted("quiet");
    quiet->handles<PongEvent>(
        [&](const PongEvent& event, bus::Context&) { seen.push_back(event.number); });
    bus.add(std::move(chatty));
    bus.add(std::move(quiet));
    bus.publish(ping("x", 1));
    bus.publish(pong("y", 7));
    // A turn has at most 1,024 steps, so the quiet agent need not wait for all ten thousand.
    while (seen.empty()) {
        BOOST_TEST_REQUIRE(runtime->run_one());
    }
    BOOST_TEST(bus.status()[0].finished < 10'000U);
    runtime->run_ready();
    BOOST_TEST(bus.status()[0].finished == 10'000U);
}

BOOST_AUTO_TEST_CASE(A5_nobody_sees_what_a_step_emits_before_the_step_has_succeeded) {
    int pongs = 0;
    int pongs_inside = -1;
    const auto handler = bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
    auto agent = scripted("a");
    agent->handles<PingEvent, PongEvent>([&](const PingEvent&, bus::Context& context) {
        context.publish(pong("x"));
        pongs_inside = pongs;
    });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    runtime->run_ready();
    BOOST_TEST(pongs_inside == 0);
    BOOST_TEST(pongs == 1);
}

BOOST_AUTO_TEST_CASE(A7_a_step_that_throws_after_it_published_and_wrote_has_done_neither) {
    int pongs = 0;
    std::vector<std::int64_t> counts;
    const auto handler = bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
    auto agent = scripted("a");
    agent->settings().retry = test::every(std::chrono::seconds{1}, 3);
    agent->handles<PingEvent, PongEvent>([&](const PingEvent&, bus::Context& context) {
        counts.push_back(context.state<std::int64_t>("count").value_or(0));
        context.set_state("count", counts.back() + 1);
        BOOST_TEST(context.state<std::int64_t>("count").value() == counts.back() + 1);
        context.publish(pong("x"));
        if (context.attempt() < 3) {
            throw std::runtime_error{"not yet"};
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    runtime->run_until_idle();
    BOOST_TEST(pongs == 2);
    // No attempt saw what a failed attempt had written. The second event waited for the first one,
    // because both are in one sequence.
    const std::vector<std::int64_t> expected{0, 0, 0, 1, 1, 1};
    BOOST_TEST(counts == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A8_agents_that_emit_to_each_other_through_full_mailboxes_do_not_deadlock) {
    auto left = scripted("left");
    left->settings().mailbox_capacity = 1;
    left->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        for (int i = 0; i < 3 && event.number > 0; ++i) {
            context.publish(pong("x", event.number - 1));
        }
    });
    auto right = scripted("right");
    right->settings().mailbox_capacity = 1;
    right->handles<PongEvent, PingEvent>([](const PongEvent& event, bus::Context& context) {
        for (int i = 0; i < 3 && event.number > 0; ++i) {
            context.publish(ping("x", event.number - 1));
        }
    });
    bus.add(std::move(left));
    bus.add(std::move(right));
    bus.publish(ping("x", 5));
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{10}));
    BOOST_TEST(bus.status()[0].finished == 1U + 9U + 81U);
    BOOST_TEST(bus.status()[1].finished == 3U + 27U + 243U);
}

BOOST_AUTO_TEST_CASE(A8_an_agent_that_emits_to_itself_through_a_full_mailbox_does_not_deadlock) {
    for (const auto overflow : {bus::Overflow::block, bus::Overflow::reject}) {
        auto agent = scripted("self " + std::to_string(static_cast<int>(overflow)));
        agent->settings().mailbox_capacity = 2;
        agent->settings().overflow = overflow;
        agent->handles<PingEvent, PingEvent>([](const PingEvent& event, bus::Context& context) {
            for (int i = 0; i < 2 && event.number > 0; ++i) {
                context.publish(ping("x", event.number - 1));
            }
        });
        bus.add(std::move(agent));
    }
    bus.publish(ping("x", 6));
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{10}));
    // Each agent receives what both emit. A mailbox that is over its bound loses nothing, and one
    // that rejects counts what it rejects.
    const auto status = bus.status();
    BOOST_TEST(status[0].dropped == 0U);
    BOOST_TEST(status[0].finished == status[1].finished + status[1].dropped);
}

BOOST_AUTO_TEST_CASE(A12_an_agent_gets_every_event_that_is_published_after_it_was_added) {
    bus.publish(ping("before"));
    std::vector<std::string> seen;
    auto agent = scripted("a");
    agent->handles<PingEvent>(
        [&](const PingEvent& event, bus::Context&) { seen.push_back(event.name); });
    bus.add(std::move(agent));
    bus.publish(ping("after"));
    runtime->run_ready();
    BOOST_TEST(seen.size() == 1U);
    BOOST_TEST(seen.front() == "after");
}

BOOST_AUTO_TEST_CASE(A14_only_an_event_without_any_handler_or_agent_is_unhandled) {
    bus::Observers observers{bus};
    std::vector<std::string> unhandled;
    observers.unhandled.connect(
        [&](const bus::DomainEvent& event) { unhandled.emplace_back(event.event_type()); });
    auto agent = scripted("a");
    agent->handles<PingEvent>([](const PingEvent&, bus::Context&) {});
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    bus.publish(pong("x"));
    runtime->run_ready();
    BOOST_TEST(unhandled.size() == 1U);
    BOOST_TEST(unhandled.front() == "PongEvent");
}

BOOST_AUTO_TEST_CASE(an_emission_inherits_execution_and_user_and_names_its_cause) {
    std::vector<PongEvent> emitted;
    const auto handler =
        bus.subscribe<PongEvent>([&](const PongEvent& event) { emitted.push_back(event); });
    auto agent = scripted("a");
    agent->handles<PingEvent, PongEvent>([](const PingEvent&, bus::Context& context) {
        context.publish(pong("plain"));
        PongEvent own = pong("own");
        own.execution_id = "exec-own";
        own.user_id = "user-own";
        context.publish(own);
    });
    bus.add(std::move(agent));
    PingEvent cause = ping("x");
    cause.execution_id = "exec-1";
    cause.user_id = "user-1";
    bus.publish(cause);
    runtime->run_ready();
    BOOST_REQUIRE(emitted.size() == 2U);
    BOOST_TEST(emitted[0].execution_id == "exec-1");
    BOOST_TEST(emitted[0].user_id == "user-1");
    BOOST_TEST((emitted[0].causation_id == cause.event_id));
    BOOST_TEST(emitted[1].execution_id == "exec-own");
    BOOST_TEST(emitted[1].user_id == "user-own");
    BOOST_TEST((emitted[1].causation_id == cause.event_id));
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_is_the_same_for_each_attempt_and_differs_by_purpose) {
    std::vector<std::string> keys;
    auto agent = scripted("a");
    agent->settings().retry = test::every(std::chrono::seconds{1}, 2);
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
        keys.push_back(context.idempotency_key("mail"));
        keys.push_back(context.idempotency_key("invoice"));
        if (context.attempt() == 1) {
            throw std::runtime_error{"again"};
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    runtime->run_until_idle();
    BOOST_REQUIRE(keys.size() == 4U);
    BOOST_TEST(keys[0] == keys[2]);
    BOOST_TEST(keys[1] == keys[3]);
    BOOST_TEST(keys[0] != keys[1]);
}

BOOST_AUTO_TEST_CASE(state_is_read_by_prefix_and_erased) {
    std::vector<std::string> seen;
    auto agent = scripted("a");
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 1) {
            context.set_state("order/1", std::string{"one"});
            context.set_state("order/2", std::string{"two"});
        } else {
            context.erase_state("order/1");
            BOOST_TEST(!context.state<std::string>("order/1"));
        }
        seen.push_back(context.state<std::string>("order/2").value_or("none"));
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    bus.publish(ping("x", 2));
    runtime->run_ready();
    const std::vector<std::string> expected{"two", "two"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_posted_event_reaches_handlers_on_a_worker) {
    int handled = 0;
    const auto handler = bus.subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    bus::Ticket ticket = bus.post(ping("x"));
    BOOST_TEST(handled == 0);
    BOOST_TEST(!bus.idle());
    BOOST_TEST(bus.wait_idle());
    BOOST_TEST(handled == 1);
    BOOST_TEST(ticket.wait() == 0U);
}

BOOST_AUTO_TEST_CASE(publishing_with_an_expected_version_needs_a_store) {
    BOOST_CHECK_THROW(bus.publish(ping("x"), {.expected_version = 0}), std::logic_error);
    BOOST_CHECK_THROW(bus.post(ping("x"), {.expected_version = 0}), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
