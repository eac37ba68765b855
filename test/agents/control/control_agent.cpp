#include "test/agents/control/shop.hpp"
#include <agents/control/control_agent.hpp>
#include <agents/control/control_view.hpp>
#include <bus/testing/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <stdexcept>
#include <utility>

using namespace shop;
using namespace std::chrono_literals;
using bus::agents::ControlAgent;
using bus::agents::ControlView;
using bus::agents::ExecutionState;
using bus::testing::AgentTest;

namespace {

struct Fixture {
    AgentTest<ControlAgent> control{"control", workflow()};

    /// Reads the store as another process would.
    ControlView view() { return {control.store(), "control", workflow()}; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(control_agent, Fixture)

BOOST_AUTO_TEST_CASE(each_execution_is_tracked_separately) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"), at<ParcelPackedEvent>(1, "b", "P-2"),
                  at<ParcelSentEvent>(2, "a", "P-1"));
    BOOST_TEST(control.state<ExecutionState>(ControlAgent::state_key("a")).value().step ==
               "deliver");
    BOOST_TEST(view().execution("a").value().step == "deliver");
    BOOST_TEST(view().execution("b").value().step == "send");
    BOOST_TEST(view().execution("b").value().aggregate_id == "P-2");
    BOOST_TEST(!view().execution("c").has_value());
}

BOOST_AUTO_TEST_CASE(an_event_without_an_execution_is_ignored) {
    control.when(at<ParcelPackedEvent>(0, "", "P-1"))
        .then_emits_nothing()
        .then_no_state(ControlAgent::state_key(""));
    BOOST_TEST(view().executions().empty());
    BOOST_TEST(control.status().finished == 1U);
}

BOOST_AUTO_TEST_CASE(overdue_executions_are_listed_longest_first_to_the_microsecond) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"), at<ParcelPackedEvent>(30, "b", "P-2"),
                  at<ParcelPackedEvent>(0, "c", "P-3"), at<ParcelSentEvent>(1, "c", "P-3"));
    const bus::Timestamp due = midnight + 2h;
    BOOST_TEST(view().overdue(due).empty());
    const auto just = view().overdue(due + bus::Duration{1});
    BOOST_REQUIRE(just.size() == 1U);
    BOOST_TEST(just[0].execution.execution_id == "a");
    BOOST_TEST((just[0].due == due));
    BOOST_TEST((just[0].late == bus::Duration{1}));
    const auto later = view().overdue(midnight + 3h);
    BOOST_REQUIRE(later.size() == 2U);
    BOOST_TEST(later[0].execution.execution_id == "a");
    BOOST_TEST(later[1].execution.execution_id == "b");
}

BOOST_AUTO_TEST_CASE(an_execution_that_has_ended_is_never_overdue) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"),
                  at<ParcelLostEvent>(1, "a", "P-1", "send", "gone"),
                  at<ParcelDeliveredEvent>(0, "b", "P-2"));
    BOOST_TEST(view().overdue(midnight + 10'000h).empty());
}

BOOST_AUTO_TEST_CASE(executions_are_counted_by_outcome_and_by_step) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"), at<ParcelPackedEvent>(0, "b", "P-2"),
                  at<ParcelSentEvent>(0, "b", "P-2"),
                  at<ParcelLostEvent>(0, "c", "P-3", "send", "gone"),
                  at<ParcelLostEvent>(0, "d", "P-4", "send", "gone"),
                  at<ParcelDeliveredEvent>(9, "d", "P-4"), at<ParcelDeliveredEvent>(9, "e", "P-5"));
    const auto counts = view().counts();
    BOOST_TEST(counts.running == 2U);
    BOOST_TEST(counts.failed == 1U);
    BOOST_TEST(counts.completed == 2U);
    BOOST_TEST(counts.recovered == 1U);
    BOOST_TEST(counts.running_in.at("send") == 1U);
    BOOST_TEST(counts.running_in.at("deliver") == 1U);
    BOOST_TEST(counts.failed_in.at("send") == 1U);
}

BOOST_AUTO_TEST_CASE(a_restarted_program_continues_where_it_was) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"));
    control.stop().world().start();
    control.given(at<ParcelSentEvent>(2, "a", "P-1")); // before the agent is there again
    control.start("control", workflow());
    BOOST_TEST(view().execution("a").value().step == "deliver");
    BOOST_TEST(control.status().finished == 2U);
}

BOOST_AUTO_TEST_CASE(a_replay_into_a_fresh_agent_gives_the_same_state) {
    control.given(at<ParcelPackedEvent>(0, "a", "P-1"));
    control.advance(5h);
    control.given(at<ParcelLostEvent>(1, "a", "P-1", "send", "gone"),
                  at<ParcelSentEvent>(400, "a", "P-1"));
    const auto live = view().executions();
    control.advance(5h).with<ControlAgent>("replayed", workflow());
    BOOST_TEST((ControlView{control.store(), "replayed", workflow()}.executions() == live));
}

BOOST_AUTO_TEST_CASE(
    a_deferred_event_holds_up_its_execution_so_that_a_replay_gives_the_same_state) {
    bool broken = true;
    bus::agents::Workflow fragile{"parcel"};
    fragile.step<ParcelPackedEvent>("pack").step<ParcelSentEvent>("send").fails<ParcelLostEvent>(
        [&](const ParcelLostEvent& event) {
            if (std::exchange(broken, false)) {
                throw std::runtime_error{"not at once"};
            }
            return bus::agents::StepFailure{event.step, event.why};
        });
    const bus::testing::World world;
    world.bus().emplace<ControlAgent>("fragile", fragile);
    world.bus().publish(at<ParcelLostEvent>(0, "a", "P-1", "pack", "gone"));
    world.bus().publish(at<ParcelPackedEvent>(1, "a", "P-2")); // another aggregate
    world.runtime().run_for(1h);
    world.bus().wait_idle();
    const auto live = ControlView{world.store(), "fragile", fragile}.executions();
    world.bus().emplace<ControlAgent>("replayed", fragile);
    world.bus().wait_idle();
    BOOST_TEST(!broken);
    BOOST_TEST_REQUIRE(live.size() == 1U);
    BOOST_TEST((live.front().started_at == midnight));
    BOOST_TEST((ControlView{world.store(), "replayed", fragile}.executions() == live));
}

BOOST_AUTO_TEST_CASE(a_workflow_without_steps_is_refused) {
    BOOST_CHECK_THROW(ControlAgent("control", bus::agents::Workflow{"empty"}),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(state_of_another_kind_of_agent_is_an_error_that_names_it) {
    control.given_state("execution/z", std::map<std::string, int>{{"since", 5}});
    BOOST_CHECK_EXCEPTION(view().executions(), bus::StoreError, [](const auto& error) {
        return std::string_view{error.what()}.find("'execution/z' of agent 'control'") !=
               std::string_view::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
