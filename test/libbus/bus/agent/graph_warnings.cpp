// The warnings of a graph: types that nobody handles, and cycles.
#include <bus/agent/graph.hpp>

#include "graph_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using test::GivenUpEvent;
using test::graph_of;
using test::LoudPingEvent;
using test::PingEvent;
using test::PongEvent;
using test::reacting;
using Lines = std::vector<std::string>;

namespace {

const std::string handle_it = ": give it a handler or an agent, or do not emit it";
const std::string end_it = ": make sure that something ends it";

} // namespace

BOOST_AUTO_TEST_SUITE(graph_warnings)

BOOST_AUTO_TEST_CASE(an_emitted_type_that_nobody_handles_is_named_with_its_emitter) {
    auto giving_up = reacting<PingEvent>("c");
    giving_up->gives_up_with<PongEvent>({});
    const bus::EventGraph graph =
        graph_of(reacting<PingEvent, PongEvent>("a"),
                 reacting<PingEvent, PongEvent, GivenUpEvent>("b"), std::move(giving_up));
    const Lines expected{"nobody handles GivenUpEvent, which b emits" + handle_it,
                         "nobody handles PongEvent, which a, b and c (on giving up) emit" +
                             handle_it};
    BOOST_TEST(graph.warnings() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_type_that_only_the_host_publishes_causes_no_warning) {
    BOOST_TEST(graph_of(reacting<PingEvent>("a")).warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_handler_or_an_agent_for_the_type_or_a_base_ends_the_warning) {
    const auto emitting = reacting<PongEvent, LoudPingEvent>("a");
    BOOST_TEST(graph_of(emitting).warnings().size() == 1U);
    BOOST_TEST(graph_of(emitting, reacting<PingEvent>("b")).warnings().empty());
    bus::EventGraph graph = graph_of(emitting);
    graph.add({.type = &bus::event_type<PingEvent>(), .name = {}});
    BOOST_TEST(graph.warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_handler_of_every_event_does_not_hide_that_a_type_has_no_other_handler) {
    bus::EventGraph graph = graph_of(reacting<PingEvent, PongEvent>("a"));
    graph.add({.type = &bus::event_type<bus::DomainEvent>(), .name = "monitor"});
    const Lines expected{"only handlers of every event handle PongEvent, which a emits" +
                         handle_it};
    BOOST_TEST(graph.warnings() == expected, boost::test_tools::per_element());
    BOOST_TEST(graph.warnings({.any_event_counts = true}).empty());
    BOOST_TEST(graph.without<PongEvent>().warnings().empty());
}

BOOST_AUTO_TEST_CASE(two_agents_that_trigger_each_other_are_one_cycle) {
    const Lines expected{"events may go round in a circle: a on PingEvent emits PongEvent; b on "
                         "PongEvent emits PingEvent" +
                         end_it};
    const auto a = reacting<PingEvent, PongEvent>("a");
    const auto b = reacting<PongEvent, PingEvent>("b");
    BOOST_TEST(graph_of(a, b).warnings() == expected, boost::test_tools::per_element());
    BOOST_TEST(graph_of(b, a).warnings() == expected, boost::test_tools::per_element());
    BOOST_TEST(graph_of(a, b).warnings({.cycles = false}).empty());
}

BOOST_AUTO_TEST_CASE(an_agent_that_answers_itself_is_a_cycle) {
    const Lines expected{"events may go round in a circle: echo on PingEvent emits PingEvent" +
                         end_it};
    BOOST_TEST(graph_of(reacting<PingEvent, PingEvent>("echo")).warnings() == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cycle_through_a_base_is_found_unless_a_nearer_handler_breaks_it) {
    auto relay = reacting<bus::DomainEvent, PongEvent>("relay");
    BOOST_TEST(graph_of(relay).cycles().size() == 1U);
    relay->handles<PongEvent>([](const PongEvent&) {});
    BOOST_TEST(graph_of(relay).cycles().empty());
}

BOOST_AUTO_TEST_CASE(a_cycle_through_giving_up_is_marked_as_such) {
    auto fragile = reacting<PingEvent>("fragile");
    fragile->gives_up_with<PongEvent>({});
    const Lines expected{"events may go round in a circle: again on PongEvent emits PingEvent; "
                         "fragile on PingEvent emits, on giving up, PongEvent" +
                         end_it};
    BOOST_TEST(graph_of(fragile, reacting<PongEvent, PingEvent>("again")).warnings() == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cycle_of_normal_emissions_is_not_marked_as_one_through_giving_up) {
    auto echo = reacting<PingEvent, PingEvent>("echo");
    echo->gives_up_with<PingEvent>({});
    const auto cycles = graph_of(echo).cycles();
    BOOST_REQUIRE(cycles.size() == 1U);
    BOOST_TEST(!cycles[0][0].on_giving_up);
}

BOOST_AUTO_TEST_CASE(cycles_that_share_an_agent_are_each_listed_once) {
    const bus::EventGraph graph = graph_of(
        reacting<PingEvent, PongEvent, GivenUpEvent>("a"), reacting<PongEvent, PingEvent>("b"),
        reacting<GivenUpEvent, PingEvent>("c"), reacting<GivenUpEvent>("apart"));
    const auto cycles = graph.cycles();
    BOOST_REQUIRE(cycles.size() == 2U);
    for (const auto& cycle : cycles) {
        BOOST_TEST(cycle.size() == 2U);
        BOOST_TEST(cycle[0].agent == "a");
    }
    BOOST_TEST(cycles[0][1].agent == "c"); // over GivenUpEvent, which comes before PongEvent
    BOOST_TEST(cycles[1][1].agent == "b");
}

BOOST_AUTO_TEST_CASE(if_every_agent_triggers_every_other_only_the_shortest_cycles_are_listed) {
    // Twelve agents that all take and emit the same types have more cycles than can be listed.
    bus::EventGraph graph;
    for (char name = 'a'; name < 'm'; ++name) {
        graph.add(*reacting<PingEvent, PingEvent>(std::string{name}));
    }
    BOOST_TEST(graph.cycles().size() == 12U + 12U * 11U / 2U); // each alone, and each pair
}

BOOST_AUTO_TEST_SUITE_END()
