// Deferred and dead deliveries on a store: R2, R3, R5 for steps, R6.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include <bus/observers.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryState;
using bus::FailureKind;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

/// Fails until `works` is true; gives up with an event and a state.
std::unique_ptr<test::ScriptedAgent> failing(const bool& works, const bus::RetryPolicy& retry) {
    auto agent = scripted("failing");
    agent->settings().retry = retry;
    agent->handles<PingEvent, PongEvent>([&works](const PingEvent& event, bus::Context& context) {
        context.set_state("from_step", true);
        context.publish(pong(event.name, context.attempt()));
        if (!works) {
            throw std::runtime_error{"attempt " + std::to_string(context.attempt())};
        }
    });
    agent->gives_up_with<test::GivenUpEvent>(
        [](const bus::DomainEvent& event, const bus::Failure& failure, bus::Context& context) {
            context.set_state("given_up", std::string{failure.what()});
            context.publish(test::given_up(std::string{event.aggregate_id()}, failure.what()));
        });
    return agent;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(failures, test::StoredWorld)

BOOST_AUTO_TEST_CASE(a_delivery_that_comes_due_during_a_long_step_waits_without_spinning_timers) {
    std::size_t ran = 0;
    auto agent = scripted("busy");
    agent->settings().retry = test::every(10ms, 3);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 1 && context.attempt() == 1) {
            throw std::runtime_error{"not at once"};
        }
        if (event.number == 2) {
            runtime->pass(20ms);
            ran = runtime->poll(1'000);
        }
    });
    bus->add(std::move(agent));
    bus->publish(ping("first", 1));
    bus->wait_idle();
    bus->publish(ping("second", 2));
    bus->wait_idle();
    BOOST_TEST(ran < 20U);
    BOOST_TEST(store->agent("busy")->finished == 2U);
}

BOOST_AUTO_TEST_CASE(R2_on_a_store_throttled_past_the_end_of_the_clock_waits_for_ever) {
    int attempts = 0;
    bool works = false;
    const auto throttled = [&] {
        auto agent = scripted("throttled");
        agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
            ++attempts;
            if (!works) {
                throw bus::Failure::throttled("for ever", bus::Duration::max());
            }
        });
        return agent;
    };
    bus->add(throttled());
    bus->publish(ping("order-1"));
    runtime->run_for(std::chrono::hours{24 * 365 * 1000});
    restart();
    bus->add(throttled());
    runtime->run_until_idle();
    BOOST_TEST(attempts == 1);
    const auto deferred = store->deliveries("throttled", DeliveryState::deferred);
    BOOST_TEST_REQUIRE(deferred.size() == 1U);
    BOOST_TEST((deferred[0].due == bus::Timestamp::max()));
    BOOST_TEST((bus->status().front().next_due == bus::Timestamp::max()));
    works = true;
    BOOST_TEST(bus->retry_now("throttled", deferred[0].position)); // unless it is asked for
    runtime->run_until_idle();
    BOOST_TEST(store->agent("throttled")->finished == 1U);
}

BOOST_AUTO_TEST_CASE(R3_a_deferred_delivery_is_a_row_with_its_attempts_and_the_time_of_the_next) {
    const bool works = false;
    bus->add(failing(works, test::every(10s, 3)));
    const bus::Timestamp start = runtime->now();
    bus->publish(ping("order-1"));
    bus->wait_idle();
    const auto deferred = store->deliveries("failing", DeliveryState::deferred);
    BOOST_TEST_REQUIRE(deferred.size() == 1U);
    BOOST_TEST(deferred[0].position == 1U);
    BOOST_TEST((deferred[0].due == start + 10s));
    BOOST_TEST(deferred[0].failures == 1U);
    BOOST_TEST_REQUIRE(deferred[0].attempts.size() == 1U);
    BOOST_TEST((deferred[0].attempts[0].at == start));
    BOOST_TEST((deferred[0].attempts[0].kind == FailureKind::transient));
    BOOST_TEST(deferred[0].attempts[0].message == "attempt 1");
    BOOST_TEST(store->agent("failing")->checkpoint == 1U); // settled, though not finished
    BOOST_TEST(store->agent("failing")->finished == 0U);
    const bus::AgentStatus status = bus->status().front();
    BOOST_TEST(status.retrying == 1U);
    BOOST_TEST((status.next_due == start + 10s));
}

BOOST_AUTO_TEST_CASE(R3_a_dead_letter_holds_every_attempt_with_time_kind_and_message) {
    const bool works = false;
    bus->add(failing(works, test::every(10s, 3)));
    const bus::Timestamp start = runtime->now();
    bus->publish(ping("order-1"));
    runtime->run_until_idle();
    const auto dead = store->deliveries("failing", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST_REQUIRE(dead[0].attempts.size() == 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const bus::AttemptRecord& attempt = dead[0].attempts[i];
        BOOST_TEST((attempt.at == start + static_cast<int>(i) * 10s));
        BOOST_TEST(attempt.message == "attempt " + std::to_string(i + 1));
    }
    BOOST_TEST(store->deliveries("failing", DeliveryState::deferred).empty());
    BOOST_TEST(bus->status().front().dead == 1U);
}

BOOST_AUTO_TEST_CASE(
    R6_effects_of_on_given_up_commit_with_the_dead_letter_but_those_of_the_step_do_not) {
    const bool works = false;
    bus->add(failing(works, test::every(10s, 2)));
    PingEvent cause = ping("order-1");
    cause.execution_id = "exec-1";
    bus->publish(cause);
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>().empty());
    BOOST_TEST(!store->state("failing", "from_step"));
    const auto given_up = store->read_type("GivenUpEvent", 0, 10);
    BOOST_TEST_REQUIRE(given_up.size() == 1U);
    BOOST_TEST((given_up[0].record.causation_id == cause.event_id));
    BOOST_TEST(given_up[0].record.execution_id == "exec-1");
    BOOST_TEST(store->state("failing", "given_up")->json == "\"attempt 2\"");
    BOOST_TEST(store->deliveries("failing", DeliveryState::dead).size() == 1U);
}

BOOST_AUTO_TEST_CASE(R6_on_given_up_that_throws_leaves_a_dead_letter_that_says_so) {
    auto agent = scripted("clumsy");
    agent->handles<PingEvent>(
        [](const PingEvent&, bus::Context&) { throw bus::Failure::rejected("never"); });
    agent->gives_up_with<PongEvent>(
        [](const bus::DomainEvent&, const bus::Failure&, bus::Context& context) {
            context.publish(pong("x"));
            throw std::runtime_error{"tripped"};
        });
    bus->add(std::move(agent));
    bus->publish(ping("x"));
    bus->wait_idle();
    const auto dead = store->deliveries("clumsy", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST_REQUIRE(dead[0].attempts.size() == 2U);
    BOOST_TEST(dead[0].attempts[1].message == "on_given_up failed: tripped");
    BOOST_TEST(numbers<PongEvent>().empty());
}

BOOST_AUTO_TEST_CASE(R2_not_ready_waits_until_its_time_and_counts_as_one_attempt_however_often) {
    const bus::Timestamp opens = runtime->now() + 48h;
    auto agent = scripted("patient");
    agent->settings().retry = test::every(1s, 1);
    std::uint32_t last_attempt = 0;
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
        last_attempt = context.attempt();
        if (context.now() < opens) {
            throw bus::Failure::not_ready("no figures yet", context.now() + 1h);
        }
    });
    bus->add(std::move(agent));
    bus->publish(ping("x"));
    bus->wait_idle();
    BOOST_TEST(bus->status().front().not_ready == 1U);
    BOOST_TEST(bus->status().front().retrying == 0U);
    runtime->run_for(24h);
    const auto deferred = store->deliveries("patient", DeliveryState::deferred);
    BOOST_TEST_REQUIRE(deferred.size() == 1U);
    BOOST_TEST(deferred[0].attempts.size() == 1U);
    BOOST_TEST(deferred[0].failures == 0U);
    runtime->run_until_idle();
    BOOST_TEST(store->agent("patient")->finished == 1U);
    BOOST_TEST(last_attempt == 2U);
    BOOST_TEST((runtime->now() == opens));
}

BOOST_AUTO_TEST_CASE(R2_a_throttled_delivery_is_tried_again_at_the_given_time) {
    bus::Timestamp second{};
    auto agent = scripted("polite");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
        if (context.attempt() == 1) {
            throw bus::Failure::throttled("429", 1234567us);
        }
        second = context.now();
    });
    bus->add(std::move(agent));
    const bus::Timestamp start = runtime->now();
    bus->publish(ping("x"));
    runtime->run_until_idle();
    BOOST_TEST((second - start).count() == 1234567);
}

BOOST_AUTO_TEST_CASE(R2_rejected_is_given_up_at_once_and_the_next_event_is_handled) {
    auto agent = scripted("strict");
    agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        if (event.number == 1) {
            throw bus::Failure::rejected("wrong colour");
        }
        context.publish(pong("x", event.number));
    });
    bus->add(std::move(agent));
    bus->publish(ping("x", 1));
    bus->publish(ping("y", 2));
    bus->wait_idle();
    BOOST_TEST(store->deliveries("strict", DeliveryState::dead).size() == 1U);
    BOOST_TEST(numbers<PongEvent>() == test::range(2, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_deferred_delivery_survives_a_restart_and_is_tried_when_it_is_due) {
    bool works = false;
    bus->add(failing(works, test::every(1h, 5)));
    bus->publish(ping("order-1"));
    bus->wait_idle();
    restart();
    works = true;
    bus->add(failing(works, test::every(1h, 5)));
    bus->wait_idle();
    BOOST_TEST(bus->status().front().retrying == 1U);
    runtime->run_for(1h - 1us);
    BOOST_TEST(numbers<PongEvent>().empty());
    runtime->run_for(1us);
    BOOST_TEST(numbers<PongEvent>() == test::range(2, 2), boost::test_tools::per_element());
    BOOST_TEST(store->deliveries("failing", DeliveryState::deferred).empty());
}

BOOST_AUTO_TEST_CASE(R5_a_step_redrives_a_dead_letter_which_is_then_tried_again) {
    bool works = false;
    bus->add(failing(works, test::every(1s, 2)));
    auto rescuer = scripted("rescuer");
    rescuer->handles<test::GivenUpEvent>(
        [&](const test::GivenUpEvent& event, bus::Context& context) {
            works = true;
            const auto dead = context.dead_letter("failing", event.causation_id);
            BOOST_TEST_REQUIRE(dead.has_value());
            context.redrive(*dead);
        });
    bus->add(std::move(rescuer));
    bus->publish(ping("order-1"));
    runtime->run_until_idle();
    BOOST_TEST(store->deliveries("failing", DeliveryState::dead).empty());
    BOOST_TEST(numbers<PongEvent>() == test::range(3, 3), boost::test_tools::per_element());
    const bus::AgentStatus status = bus->status().front();
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.dead == 0U);
    BOOST_TEST(status.retrying == 0U);
}

BOOST_AUTO_TEST_CASE(R5_a_dead_letter_that_dies_again_has_its_redrives_and_all_attempts) {
    const bool works = false;
    bus->add(failing(works, test::every(1s, 2)));
    auto rescuer = scripted("rescuer");
    rescuer->handles<test::GivenUpEvent>(
        [](const test::GivenUpEvent& event, bus::Context& context) {
            const auto dead = context.dead_letter("failing", event.causation_id);
            if (dead && dead->redrives < 2) {
                context.redrive(*dead);
                context.redrive(*dead); // idempotent
            }
        });
    bus->add(std::move(rescuer));
    bus->publish(ping("order-1"));
    runtime->run_until_idle();
    const auto dead = store->deliveries("failing", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].redrives == 2U);
    BOOST_TEST(dead[0].attempts.size() == 6U);
    BOOST_TEST(dead[0].failures == 2U); // since the last redrive
    BOOST_TEST(bus->status().front().dead == 1U);
}

BOOST_AUTO_TEST_CASE(retry_now_makes_a_deferred_delivery_due) {
    bool works = false;
    bus->add(failing(works, test::every(1h, 5)));
    const bus::PublishReport report = bus->publish(ping("order-1"));
    bus->wait_idle();
    const bus::Timestamp before = runtime->now();
    works = true;
    BOOST_TEST(!bus->retry_now("nobody", report.position));
    BOOST_TEST(!bus->retry_now("failing", report.position + 1));
    BOOST_TEST(bus->retry_now("failing", report.position));
    bus->wait_idle();
    BOOST_TEST((runtime->now() == before));
    BOOST_TEST(store->agent("failing")->finished == 1U);
}

BOOST_AUTO_TEST_CASE(an_event_that_cannot_be_read_is_a_dead_letter_and_the_rest_is_handled) {
    bus->add(test::echo());
    bus->publish(ping("x", 1));
    bus::EventRecord broken = bus::encode(ping("y", 2));
    broken.data = R"({"name": "x", "number": "twelve"})";
    bus->publish(broken);
    bus::EventRecord other = bus::encode(ping("z", 3));
    other.data = R"({"name": []})";
    bus->publish(other);
    bus->publish(ping("x", 4));
    bus->wait_idle();
    auto answered = numbers<PongEvent>();
    const std::vector<std::int64_t> expected{1, 4};
    BOOST_TEST(answered == expected, boost::test_tools::per_element());
    const auto dead = store->deliveries("echo", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 2U);
    BOOST_TEST((dead[0].attempts.at(0).kind == FailureKind::poison));
    BOOST_TEST(dead[0].attempts.at(0).message.find("number") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(observers_receive_attempts_and_dead_letters_with_the_agents_name) {
    bus::Observers observers{*bus};
    std::vector<std::string> seen;
    observers.handled.connect([&](const auto& event, std::string_view by) {
        seen.push_back("handled " + std::string{event.event_type()} + " by " + std::string{by});
    });
    observers.failed.connect([&](const auto&, std::string_view by, const bus::Failure& failure) {
        seen.push_back(std::string{by} + " failed: " + failure.what());
    });
    observers.dead_lettered.connect(
        [&](const auto&, std::string_view agent, const bus::Failure& failure) {
            seen.push_back(std::string{agent} + " gave up: " + failure.what());
        });
    const bool works = false;
    bus->add(failing(works, test::every(1s, 2)));
    bus->add(test::echo());
    bus->publish(ping("x"));
    runtime->run_until_idle();
    std::sort(seen.begin(), seen.end());
    const std::vector<std::string> expected{
        "failing failed: attempt 1", "failing failed: attempt 2", "failing gave up: attempt 2",
        "handled PingEvent by echo"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_handler_of_all_events_skips_a_record_named_domain_event) {
    int handled = 0;
    auto agent = scripted("all");
    agent->handles<bus::DomainEvent>([&](const bus::DomainEvent&) { ++handled; });
    bus->add(std::move(agent));
    bus::EventRecord record = bus::encode(ping("x", 1));
    record.event_type = "DomainEvent";
    record.aggregate_type = "Domain";
    bus->publish(record);
    bus->publish(ping("x", 2));
    runtime->run_until_idle();
    BOOST_TEST(handled == 1);
    restart();
    auto late = scripted("late");
    late->settings().start = bus::StartPosition::beginning();
    late->handles<bus::DomainEvent>([&](const bus::DomainEvent&) { ++handled; });
    bus->add(std::move(late));
    runtime->run_until_idle();
    BOOST_TEST(handled == 2);
    BOOST_TEST(bus->status().front().dead == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
