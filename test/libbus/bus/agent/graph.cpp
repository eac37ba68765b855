// Queries of a graph, and A15.
#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include "graph_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using test::GivenUpEvent;
using test::graph_of;
using test::LoudPingEvent;
using test::names_of;
using test::PingEvent;
using test::PongEvent;
using test::reacting;
using Names = std::vector<std::string>;

namespace {

/// The work of a bus: which agents and handlers handled which types, and which emitted which.
struct Trace {
    std::set<std::pair<std::string, std::string>> handled;
    std::set<std::pair<std::string, std::string>> emitted;
};

/// An agent that notes what it does; it emits all that it has declared.
std::unique_ptr<test::ScriptedAgent> player(Trace& trace) {
    auto agent = test::scripted("player");
    agent->handles<PingEvent, PongEvent>([&](const PingEvent& event, bus::Context& context) {
        trace.handled.emplace("player", event.event_type());
        if (event.name == "broken") {
            throw bus::Failure::rejected("no use");
        }
        trace.emitted.emplace("player", "PongEvent");
        context.publish(test::pong(event.name));
    });
    agent->gives_up_with<GivenUpEvent>(
        [&](const bus::DomainEvent&, const bus::Failure& failure, bus::Context& context) {
            trace.emitted.emplace("player", "GivenUpEvent");
            context.publish(test::given_up("x", failure.what()));
        });
    return agent;
}

std::unique_ptr<test::ScriptedAgent> watcher(Trace& trace) {
    auto agent = test::scripted("watcher");
    agent->handles<bus::DomainEvent>([&](const bus::DomainEvent& event, bus::Context&) {
        trace.handled.emplace("watcher", event.event_type());
    });
    return agent;
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph)

BOOST_AUTO_TEST_CASE(A15_the_graph_contains_every_handling_and_every_emission_that_runs) {
    for (const bool stored : {false, true}) {
        Trace trace;
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        bus.add(player(trace));
        bus.add(watcher(trace));
        const auto handler = bus.subscribe<PongEvent>(
            [&](const PongEvent&) { trace.handled.emplace("printer", "PongEvent"); },
            {.name = "printer"});
        bus.publish(test::ping("sound"));
        bus.publish(test::ping("broken"));
        bus.publish(LoudPingEvent{});
        runtime->run_until_idle();

        const bus::EventGraph graph = bus.graph();
        BOOST_TEST(trace.handled.size() == 7U); // player 2, watcher 4, printer 1
        for (const auto& [who, what] : trace.handled) {
            const bus::EventType& type = *bus::find_event_type(what);
            Names takers = graph.agents_for(type);
            for (const auto& plain : graph.handlers_for(type)) {
                takers.push_back(plain.name);
            }
            BOOST_TEST((std::find(takers.begin(), takers.end(), who) != takers.end()),
                       who << " took " << what);
        }
        BOOST_TEST(trace.emitted.size() == 2U);
        for (const auto& [who, what] : trace.emitted) {
            const auto emitters = graph.emitters_of(*bus::find_event_type(what));
            BOOST_TEST((std::any_of(emitters.begin(), emitters.end(),
                                    [&](const auto& emitter) { return emitter.agent == who; })),
                       who << " emitted " << what);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_handler_is_in_the_graph_for_as_long_as_it_is_subscribed) {
    bus::Bus bus{{std::make_shared<bus::SimulatedRuntime>(), nullptr}};
    BOOST_TEST(bus.graph().types().empty());
    {
        const auto handler =
            bus.subscribe<PingEvent>([](const PingEvent&) {}, {.priority = 7, .name = "seven"});
        const bus::EventGraph graph = bus.graph();
        BOOST_REQUIRE(graph.handlers().size() == 1U);
        BOOST_TEST(graph.handlers()[0].name == "seven");
        BOOST_TEST(graph.handlers()[0].priority == 7);
        BOOST_TEST((graph.handlers()[0].type == &bus::event_type<PingEvent>()));
    }
    BOOST_TEST(bus.graph().handlers().empty());
}

BOOST_AUTO_TEST_CASE(what_nobody_emits_but_somebody_handles_comes_from_the_host) {
    auto agent = reacting<PingEvent, PongEvent>("a");
    agent->handles<GivenUpEvent>([](const GivenUpEvent&) {});
    bus::EventGraph graph = graph_of(std::move(agent));
    graph.add({.type = &bus::event_type<PongEvent>(), .name = {}});
    graph.add({.type = &bus::event_type<bus::DomainEvent>(), .name = {}});
    BOOST_TEST(names_of(graph.sources()) == (Names{"GivenUpEvent", "PingEvent"}));
}

BOOST_AUTO_TEST_CASE(a_base_whose_derived_type_is_emitted_does_not_come_from_the_host) {
    const bus::EventGraph graph =
        graph_of(reacting<PingEvent>("a"), reacting<PongEvent, LoudPingEvent>("b"));
    BOOST_TEST(names_of(graph.sources()) == (Names{"PongEvent"}));
}

BOOST_AUTO_TEST_CASE(handlers_of_bases_take_what_derives_from_them) {
    bus::EventGraph graph =
        graph_of(reacting<PingEvent>("for_pings"), reacting<bus::DomainEvent>("for_all"));
    graph.add({.type = &bus::event_type<PingEvent>(), .name = "plain"});
    BOOST_TEST(graph.agents_for(bus::event_type<LoudPingEvent>()) ==
               (Names{"for_all", "for_pings"}));
    BOOST_TEST(graph.agents_for(bus::event_type<PongEvent>()) == (Names{"for_all"}));
    BOOST_TEST(graph.handlers_for(bus::event_type<LoudPingEvent>()).size() == 1U);
    BOOST_TEST(graph.handlers_for(bus::event_type<PongEvent>()).empty());
}

BOOST_AUTO_TEST_CASE(emissions_on_giving_up_are_marked_unless_they_are_emitted_otherwise_too) {
    auto both = reacting<PingEvent, GivenUpEvent>("both");
    both->gives_up_with<GivenUpEvent>({});
    auto only = reacting<PingEvent>("only");
    only->gives_up_with<GivenUpEvent>({});
    const bus::EventGraph graph = graph_of(std::move(only), std::move(both));
    using Emitter = bus::EventGraph::Emitter;
    const std::vector<Emitter> expected{{"both", false}, {"only", true}};
    BOOST_TEST((graph.emitters_of(bus::event_type<GivenUpEvent>()) == expected));
}

BOOST_AUTO_TEST_CASE(a_part_of_a_graph_is_as_if_nothing_else_was_declared) {
    const bus::EventGraph graph =
        graph_of(reacting<PingEvent, PongEvent>("a"), reacting<PongEvent, GivenUpEvent>("b"));
    BOOST_TEST(names_of(graph.without<PongEvent>().types()) == (Names{"PingEvent"}));
    BOOST_TEST(graph.without<PongEvent>().agents().size() == 1U);
    BOOST_TEST(names_of(graph.only<PongEvent, GivenUpEvent>().types()) ==
               (Names{"GivenUpEvent", "PongEvent"}));
    BOOST_TEST(graph.only<bus::DomainEvent>().to_json() == graph.to_json());
}

BOOST_AUTO_TEST_CASE(only_of_a_base_includes_derived_types_and_without_removes_just_the_base) {
    const bus::EventGraph graph = graph_of(reacting<PingEvent>("a"), reacting<LoudPingEvent>("b"));
    BOOST_TEST(names_of(graph.only<PingEvent>().types()) == (Names{"LoudPingEvent", "PingEvent"}));
    BOOST_TEST(names_of(graph.without<PingEvent>().types()) == (Names{"LoudPingEvent"}));
}

BOOST_AUTO_TEST_CASE(an_agent_added_twice_and_a_handler_of_nothing_are_refused) {
    bus::EventGraph graph = graph_of(reacting<PingEvent>("twin"));
    BOOST_CHECK_EXCEPTION(graph.add(*reacting<PongEvent>("twin")), std::invalid_argument,
                          [](const std::invalid_argument& error) {
                              return std::string{error.what()}.find("twin") != std::string::npos;
                          });
    BOOST_CHECK_THROW(graph.add(bus::HandlerDescription{}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
