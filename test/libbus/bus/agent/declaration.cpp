// The declarations of an agent, and those that a bus refuses.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>

using test::LoudPingEvent;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

namespace {

void nothing(const bus::DomainEvent& /*event*/, bus::Context& /*context*/) {}

bool says(const std::exception& error, std::string_view part) {
    return std::string_view{error.what()}.find(part) != std::string_view::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(declaration)

BOOST_AUTO_TEST_CASE(an_agent_needs_a_name) {
    BOOST_CHECK_THROW(scripted(""), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(an_agent_declares_one_handler_per_type) {
    const auto agent = scripted("double");
    agent->handles<PingEvent>(nothing);
    BOOST_CHECK_EXCEPTION(agent->handles<PingEvent>(nothing), std::logic_error,
                          [](const std::logic_error& error) {
                              return says(error, "double") && says(error, "PingEvent");
                          });
}

BOOST_AUTO_TEST_CASE(the_nearest_base_has_the_handler) {
    const auto agent = scripted("a");
    agent->handles<bus::DomainEvent>(nothing);
    agent->handles<PingEvent, PongEvent>(nothing);
    const auto* handler = agent->handler_for(bus::event_type<LoudPingEvent>());
    BOOST_REQUIRE(handler != nullptr);
    BOOST_TEST((handler->type == &bus::event_type<PingEvent>()));
    BOOST_TEST(handler->emits.size() == 1U);
    BOOST_TEST((agent->handler_for(bus::event_type<PongEvent>())->type ==
                &bus::event_type<bus::DomainEvent>()));
}

BOOST_AUTO_TEST_CASE(A15_what_a_step_context_names_is_declared_and_the_rest_does_not_compile) {
    // test/must_not_compile/agent_publishes_undeclared.cpp shows that it does not compile.
    class Teller : public bus::Agent {
    public:
        Teller() : Agent{"teller"} {
            on<PingEvent>(&Teller::answer);
            on<PongEvent>(&Teller::listen);
            on<test::GivenUpEvent>(
                [this](const test::GivenUpEvent& event, bus::StepContext<>& context) {
                    heard = event.name + std::to_string(context.attempt());
                });
            on<test::TransientEvent>(&Teller::rest);
        }

        std::string heard;

    private:
        void answer(const PingEvent& event, bus::StepContext<PongEvent, test::GivenUpEvent>& step) {
            step.publish(test::pong(event.name));
            step.set_state("last", event.name);
            step.publish(test::given_up(*step.state<std::string>("last"), "no line"));
        }

        void listen(const PongEvent& event) const { BOOST_TEST(event.name == "a"); }

        void rest(const test::TransientEvent& /*event*/, bus::Context& /*context*/) noexcept {}
    };

    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    const Teller& teller = bus.emplace<Teller>();
    const auto& emits = teller.handler_for(bus::event_type<PingEvent>())->emits;
    BOOST_REQUIRE(emits.size() == 2U);
    BOOST_TEST((emits[0] == &bus::event_type<PongEvent>()));
    BOOST_TEST((emits[1] == &bus::event_type<test::GivenUpEvent>()));
    BOOST_TEST(teller.handler_for(bus::event_type<PongEvent>())->emits.empty());

    bus.publish(test::ping("a"));
    runtime->run_ready();
    BOOST_TEST(teller.heard == "a1");
}

BOOST_AUTO_TEST_CASE(A15_a_step_context_passed_on_as_a_context_is_still_checked_at_run_time) {
    const auto publish_pong = [](bus::Context& context) { context.publish(test::pong("x")); };
    std::string message;
    auto agent = scripted("helper");
    agent->handles<PingEvent>([&](const PingEvent&, bus::StepContext<>& context) {
        try {
            publish_pong(context);
        } catch (const std::logic_error& error) {
            message = error.what();
        }
    });
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    bus.publish(test::ping("x"));
    runtime->run_ready();
    BOOST_TEST(message.find("agent helper emits PongEvent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_second_agent_of_the_same_name_is_refused) {
    bus::Bus bus{{std::make_shared<bus::SimulatedRuntime>(), nullptr}};
    bus.add(scripted("twin"));
    BOOST_CHECK_EXCEPTION(bus.add(scripted("twin")), std::invalid_argument,
                          [](const std::invalid_argument& error) { return says(error, "twin"); });
}

BOOST_AUTO_TEST_CASE(settings_out_of_their_range_are_refused_by_name) {
    bus::Bus bus{{std::make_shared<bus::SimulatedRuntime>(), nullptr}};
    const auto refused = [&](const auto& spoil, std::string_view name) {
        auto agent = scripted("odd");
        spoil(agent->settings());
        BOOST_CHECK_EXCEPTION(
            bus.add(std::move(agent)), std::invalid_argument,
            [name](const std::invalid_argument& error) { return says(error, name); });
    };
    refused([](bus::AgentSettings& s) { s.mailbox_capacity = 0; }, "mailbox_capacity");
    refused([](bus::AgentSettings& s) { s.retry.max_attempts = 0; }, "max_attempts");
    refused([](bus::AgentSettings& s) { s.retry.factor = 0.5; }, "factor");
    refused([](bus::AgentSettings& s) { s.retry.jitter = 1.5; }, "jitter");
    refused([](bus::AgentSettings& s) { s.retry.initial_delay = bus::Duration{-1}; },
            "initial_delay");
    refused([](bus::AgentSettings& s) { s.retry.max_delay = bus::Duration{1}; }, "max_delay");
}

BOOST_AUTO_TEST_CASE(A15_an_undeclared_emission_is_an_error_that_names_agent_and_type) {
    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    auto agent = scripted("careless");
    std::string why;
    bus::FailureKind kind{};
    agent->handles<PingEvent>(
        [](const PingEvent&, bus::Context& context) { context.publish(test::pong("x")); });
    agent->gives_up_with<>(
        [&](const bus::DomainEvent&, const bus::Failure& failure, bus::Context&) {
            why = failure.what();
            kind = failure.kind();
        });
    bus.add(std::move(agent));
    int pongs = 0;
    const auto handler = bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
    bus.publish(test::ping("x"));
    runtime->run_until_idle();
    BOOST_TEST(pongs == 0);
    BOOST_TEST(why.find("careless") != std::string::npos);
    BOOST_TEST(why.find("PongEvent") != std::string::npos);
    BOOST_TEST((kind == bus::FailureKind::poison)); // a bug in the step: retrying is useless
    BOOST_TEST(bus.status().front().dead == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
