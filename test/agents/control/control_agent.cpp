#include "test/agents/control/shop.hpp"
#include "test/agents/simulated_bus.hpp"
#include <agents/control/control_agent.hpp>
#include <agents/control/control_view.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <utility>

using namespace shop;
using bus::agents::ControlAgent;
using bus::agents::ControlView;
using bus::agents::ExecutionOutcome;

namespace {

const bus::Timestamp midnight = bus::parse_timestamp("2026-01-01T00:00:00Z");

struct Fixture : test::SimulatedBus {
    Fixture() { bus->emplace<ControlAgent>("control", workflow()); }

    template <class E, class... Members>
    void publish(int minutes, std::string execution, Members&&... members) {
        bus->publish(at<E>(minutes, std::move(execution), std::forward<Members>(members)...));
    }

    /// Reads the store as another process would.
    ControlView view() {
        bus->wait_idle();
        return {*store, "control", workflow()};
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(control_agent, Fixture)

BOOST_AUTO_TEST_CASE(each_execution_is_followed_for_itself) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    publish<ParcelPackedEvent>(1, "b", "P-2");
    publish<ParcelSentEvent>(2, "a", "P-1");
    BOOST_TEST(view().execution("a").value().step == "deliver");
    BOOST_TEST(view().execution("b").value().step == "send");
    BOOST_TEST(view().execution("b").value().aggregate_id == "P-2");
    BOOST_TEST(!view().execution("c").has_value());
}

BOOST_AUTO_TEST_CASE(an_event_without_an_execution_is_passed_over) {
    publish<ParcelPackedEvent>(0, "", "P-1");
    BOOST_TEST(view().executions().empty());
    BOOST_TEST(bus->status().front().finished == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_overdue_is_told_longest_first_to_the_microsecond) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    publish<ParcelPackedEvent>(30, "b", "P-2");
    publish<ParcelPackedEvent>(0, "c", "P-3");
    publish<ParcelSentEvent>(1, "c", "P-3");
    const bus::Timestamp due = midnight + std::chrono::hours{2};
    BOOST_TEST(view().overdue(due).empty());
    const auto just = view().overdue(due + bus::Duration{1});
    BOOST_REQUIRE(just.size() == 1U);
    BOOST_TEST(just[0].execution.execution_id == "a");
    BOOST_TEST((just[0].due == due));
    BOOST_TEST((just[0].late == bus::Duration{1}));
    const auto later = view().overdue(midnight + std::chrono::hours{3});
    BOOST_REQUIRE(later.size() == 2U);
    BOOST_TEST(later[0].execution.execution_id == "a");
    BOOST_TEST(later[1].execution.execution_id == "b");
}

BOOST_AUTO_TEST_CASE(what_has_ended_is_never_overdue) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    publish<ParcelLostEvent>(1, "a", "P-1", "send", "gone");
    publish<ParcelDeliveredEvent>(0, "b", "P-2");
    BOOST_TEST(view().overdue(midnight + std::chrono::hours{10'000}).empty());
}

BOOST_AUTO_TEST_CASE(executions_are_counted_by_outcome_and_by_step) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    publish<ParcelPackedEvent>(0, "b", "P-2");
    publish<ParcelSentEvent>(0, "b", "P-2");
    publish<ParcelLostEvent>(0, "c", "P-3", "send", "gone");
    publish<ParcelLostEvent>(0, "d", "P-4", "send", "gone");
    publish<ParcelDeliveredEvent>(9, "d", "P-4");
    publish<ParcelDeliveredEvent>(9, "e", "P-5");
    const auto counts = view().counts();
    BOOST_TEST(counts.running == 2U);
    BOOST_TEST(counts.failed == 1U);
    BOOST_TEST(counts.completed == 2U);
    BOOST_TEST(counts.recovered == 1U);
    BOOST_TEST(counts.running_in.at("send") == 1U);
    BOOST_TEST(counts.running_in.at("deliver") == 1U);
    BOOST_TEST(counts.failed_in.at("send") == 1U);
}

BOOST_AUTO_TEST_CASE(a_restarted_program_goes_on_where_it_was) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    bus->wait_idle();
    restart();
    publish<ParcelSentEvent>(2, "a", "P-1"); // before the agent is there again
    bus->emplace<ControlAgent>("control", workflow());
    BOOST_TEST(view().execution("a").value().step == "deliver");
    BOOST_TEST(bus->status().front().finished == 2U);
}

BOOST_AUTO_TEST_CASE(a_replay_into_a_fresh_agent_gives_the_same_state) {
    publish<ParcelPackedEvent>(0, "a", "P-1");
    runtime->run_for(std::chrono::hours{5});
    publish<ParcelLostEvent>(1, "a", "P-1", "send", "gone");
    publish<ParcelSentEvent>(400, "a", "P-1");
    const auto live = view().executions();
    runtime->run_for(std::chrono::hours{5});
    bus->emplace<ControlAgent>("replayed", workflow());
    bus->wait_idle();
    BOOST_TEST((ControlView{*store, "replayed", workflow()}.executions() == live));
}

BOOST_AUTO_TEST_CASE(
    an_event_that_is_put_off_holds_up_its_execution_so_that_a_replay_gives_the_same_state) {
    bool broken = true;
    bus::agents::Workflow fragile{"parcel"};
    fragile.step<ParcelPackedEvent>("pack").step<ParcelSentEvent>("send").fails<ParcelLostEvent>(
        [&](const ParcelLostEvent& event) {
            if (std::exchange(broken, false)) {
                throw std::runtime_error{"not at once"};
            }
            return bus::agents::StepFailure{event.step, event.why};
        });
    bus->emplace<ControlAgent>("fragile", fragile);
    publish<ParcelLostEvent>(0, "a", "P-1", "pack", "gone");
    publish<ParcelPackedEvent>(1, "a", "P-2"); // another aggregate, the same execution
    runtime->run_for(std::chrono::hours{1});
    bus->wait_idle();
    const auto live = ControlView{*store, "fragile", fragile}.executions();
    bus->emplace<ControlAgent>("replayed", fragile);
    bus->wait_idle();
    BOOST_TEST(!broken);
    BOOST_TEST_REQUIRE(live.size() == 1U);
    BOOST_TEST((live.front().started_at == midnight));
    BOOST_TEST((ControlView{*store, "replayed", fragile}.executions() == live));
}

BOOST_AUTO_TEST_CASE(a_workflow_without_steps_is_refused) {
    BOOST_CHECK_THROW(ControlAgent("control", bus::agents::Workflow{"empty"}),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(state_of_another_kind_of_agent_is_an_error_that_names_it) {
    view();
    bus::Part part;
    part.agent = "control";
    part.put_states.push_back({"execution/z", "{\"since\":5}"});
    store->commit({&part, 1}, true);
    BOOST_CHECK_EXCEPTION(view().executions(), bus::StoreError, [](const auto& error) {
        return std::string_view{error.what()}.find("'execution/z' of agent 'control'") !=
               std::string_view::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
