// Each step is one part: what commits together, what is rolled back, what is passed on.
#include "test/libbus/bus/delivery/stored_world.hpp"

#include <stdexcept>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

BOOST_FIXTURE_TEST_SUITE(transactions, test::StoredWorld)

BOOST_AUTO_TEST_CASE(execution_user_and_cause_pass_on_through_a_chain_of_agents) {
    bus->add(test::echo());
    auto second = scripted("second");
    second->handles<PongEvent, test::GivenUpEvent>([](const PongEvent&, bus::Context& context) {
        context.publish(test::given_up("x", "third"));
    });
    bus->add(std::move(second));
    PingEvent first = ping("x", 1);
    first.execution_id = "exec-123";
    first.user_id = "user-7";
    bus->publish(first);
    bus->wait_idle();
    const auto events = store->read_execution("exec-123", 0, 10);
    BOOST_TEST_REQUIRE(events.size() == 3U);
    BOOST_TEST((events[0].record.causation_id == bus::Uuid{}));
    BOOST_TEST((events[1].record.causation_id == events[0].record.event_id));
    BOOST_TEST((events[2].record.causation_id == events[1].record.event_id));
    for (const bus::StoredEvent& event : events) {
        BOOST_TEST(event.record.user_id == "user-7");
    }
}

BOOST_AUTO_TEST_CASE(A5_an_agents_events_reach_others_after_their_commit_and_handlers_by_position) {
    std::vector<std::int64_t> seen;
    const auto handler = bus->subscribe<PongEvent>([&](const PongEvent& event) {
        BOOST_TEST(store->find(event.event_id).has_value());
        seen.push_back(event.number);
    });
    bus->add(test::echo());
    for (int i = 1; i <= 20; ++i) {
        bus->post(ping("x", i));
    }
    bus->wait_idle();
    BOOST_TEST(seen == test::range(1, 20), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A7_a_step_that_throws_after_it_published_and_wrote_has_done_neither) {
    auto agent = scripted("a");
    agent->settings().retry = test::every(1s, 5);
    agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        const auto count = context.state<std::int64_t>("count").value_or(0);
        context.set_state("count", count + 1);
        context.publish(pong(event.name, count + 1));
        if (context.attempt() < 3) {
            throw std::runtime_error{"not yet"};
        }
    });
    bus->add(std::move(agent));
    bus->publish(ping("x"));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>().empty());
    BOOST_TEST(!store->state("a", "count"));
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 1), boost::test_tools::per_element());
    BOOST_TEST(store->state("a", "count")->json == "1");
}

BOOST_AUTO_TEST_CASE(a_step_sees_the_state_of_earlier_steps_although_it_is_not_yet_committed) {
    auto agent = scripted("counter");
    agent->handles<PingEvent, PongEvent>([](const PingEvent&, bus::Context& context) {
        const auto count = context.state<std::int64_t>("n/count").value_or(0) + 1;
        context.set_state("n/count", count);
        count % 2 == 0 ? context.erase_state("n/odd") : context.set_state("n/odd", true);
        context.publish(pong("x", count));
    });
    bus->add(std::move(agent));
    for (int i = 0; i < 300; ++i) {
        bus->post(ping("x", i));
    }
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 300), boost::test_tools::per_element());
    BOOST_TEST(store->states("counter", "n/").size() == 1U); // 300 is even
}

BOOST_AUTO_TEST_CASE(an_agent_reads_its_states_by_prefix_its_own_writes_included) {
    std::vector<std::string> keys;
    auto agent = scripted("a");
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        context.set_state("order/" + event.name, event.number);
        for (const auto* key : {"order/a", "order/b"}) {
            if (context.state<std::int64_t>(key)) {
                keys.emplace_back(key);
            }
        }
    });
    bus->add(std::move(agent));
    bus->publish(ping("a"));
    bus->publish(ping("b"));
    bus->wait_idle();
    const std::vector<std::string> expected{"order/a", "order/a", "order/b"};
    BOOST_TEST(keys == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_emission_that_cannot_be_written_is_a_failure_of_its_step) {
    auto agent = scripted("mangler");
    agent->settings().sequence = bus::Sequence::none();
    agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        context.set_state("touched", true);
        context.publish(pong(event.number == 1 ? "\xff\xfe" : "fine", event.number));
    });
    bus->add(std::move(agent));
    bus->publish(ping("x", 1));
    bus->publish(ping("x", 2));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(2, 2), boost::test_tools::per_element());
    const auto dead = store->deliveries("mangler", bus::DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].position == 1U);
    BOOST_TEST((dead[0].attempts.at(0).kind == bus::FailureKind::poison));
}

BOOST_AUTO_TEST_CASE(a_write_that_the_store_refuses_is_a_failure_of_its_own_step_and_of_no_other) {
    const PingEvent other = ping("taken");
    bus->publish(other);
    auto agent = scripted("forger");
    agent->settings().retry = test::every(1s, 2);
    agent->settings().sequence = bus::Sequence::none();
    agent->handles<PingEvent, PongEvent>([&](const PingEvent& event, bus::Context& context) {
        PongEvent answer = pong("x", event.number);
        if (event.number == 3) {
            answer.event_id = other.event_id; // stored already, with other content
        }
        context.publish(answer);
    });
    bus->add(std::move(agent));
    for (int i = 1; i <= 5; ++i) {
        bus->post(ping("x", i));
    }
    runtime->run_until_idle();
    auto answered = numbers<PongEvent>();
    std::sort(answered.begin(), answered.end());
    const std::vector<std::int64_t> expected{0, 1, 2, 4, 5};
    BOOST_TEST(answered == expected, boost::test_tools::per_element());
    const auto dead = store->deliveries("forger", bus::DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].position == 4U);
    BOOST_TEST(store->agent("forger")->finished == 5U);
}

BOOST_AUTO_TEST_CASE(the_checkpoint_passes_events_that_the_agent_does_not_handle) {
    bus->add(test::echo());
    bus->publish(ping("x", 1)); // position 1, its pong 2
    bus->wait_idle();
    for (int i = 0; i < 10; ++i) {
        bus->publish(test::given_up("x", "nobody's"));
    }
    bus->stop(bus::Stop::drain);
    BOOST_TEST(store->agent("echo")->checkpoint == 12U);
    BOOST_TEST(store->agent("echo")->finished == 1U);
}

BOOST_AUTO_TEST_CASE(buffered_emissions_are_kept_and_transient_ones_reach_handlers_only) {
    std::vector<std::string> seen;
    const auto handler = bus->subscribe<bus::DomainEvent>(
        [&](const bus::DomainEvent& event) { seen.emplace_back(event.event_type()); });
    auto agent = scripted("a");
    agent->handles<PingEvent, test::TransientEvent, test::BufferedEvent>(
        [](const PingEvent&, bus::Context& context) {
            context.publish(test::TransientEvent{});
            context.publish(test::BufferedEvent{});
        });
    bus->add(std::move(agent));
    bus->publish(ping("x"));
    bus->wait_idle();
    const std::vector<std::string> expected{"PingEvent", "TransientEvent", "BufferedEvent"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    BOOST_TEST(log().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
