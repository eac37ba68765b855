#include "test/agents/control/shop.hpp"
#include <agents/control/workflow.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace shop;
using bus::agents::ExecutionOutcome;
using bus::agents::ExecutionState;
using bus::agents::Workflow;

namespace {

/// The state of an execution after a sequence of events.
class Course {
public:
    template <class E, class... Members>
    Course& then(int minutes, Members&&... members) {
        const E event = at<E>(minutes, "x-1", "P-1", std::forward<Members>(members)...);
        if (auto next = workflow_.apply(event, state_)) {
            state_ = std::move(next);
        }
        return *this;
    }

    [[nodiscard]] const ExecutionState& state() const { return state_.value(); }

private:
    Workflow workflow_ = workflow();
    std::optional<ExecutionState> state_;
};

bool says(const std::invalid_argument& error, std::string_view part) {
    return std::string_view{error.what()}.find(part) != std::string_view::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(workflow_of_an_execution)

BOOST_AUTO_TEST_CASE(the_first_event_begins_the_execution_and_moves_it_to_the_next_step) {
    const ExecutionState state = Course{}.then<ParcelPackedEvent>(5).state();
    BOOST_TEST(state.execution_id == "x-1");
    BOOST_TEST(state.aggregate_type == "Parcel");
    BOOST_TEST(state.aggregate_id == "P-1");
    BOOST_TEST((state.outcome == ExecutionOutcome::running));
    BOOST_TEST(state.step == "send");
    BOOST_TEST(state.reached == "pack");
    BOOST_TEST((state.started_at == midnight + std::chrono::minutes{5}));
    BOOST_TEST((state.since == state.started_at));
}

BOOST_AUTO_TEST_CASE(each_completed_step_starts_the_next_one_at_the_time_of_the_event) {
    const ExecutionState state =
        Course{}.then<ParcelPackedEvent>(5).then<ParcelSentEvent>(30).state();
    BOOST_TEST(state.step == "deliver");
    BOOST_TEST((state.since == midnight + std::chrono::minutes{30}));
    BOOST_TEST((state.started_at == midnight + std::chrono::minutes{5}));
}

BOOST_AUTO_TEST_CASE(the_event_of_the_last_step_can_complete_the_execution) {
    const ExecutionState state = Course{}
                                     .then<ParcelPackedEvent>(5)
                                     .then<ParcelSentEvent>(30)
                                     .then<ParcelDeliveredEvent>(90)
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::completed));
    BOOST_TEST(state.step.empty());
    BOOST_TEST(state.ended_by == "ParcelDeliveredEvent");
    BOOST_TEST((state.since == midnight + std::chrono::minutes{90}));
    BOOST_TEST(state.failures == 0U);
}

BOOST_AUTO_TEST_CASE(a_failure_says_which_step_failed_and_why) {
    const ExecutionState state = Course{}
                                     .then<ParcelPackedEvent>(5)
                                     .then<ParcelLostEvent>(7, "customs", "no papers")
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::failed));
    BOOST_TEST(state.step == "customs");
    BOOST_TEST(state.failure == "no papers");
    BOOST_TEST(state.ended_by == "ParcelLostEvent");
    BOOST_TEST(state.failures == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_that_names_no_step_counts_for_the_current_step) {
    const ExecutionState state =
        Course{}.then<ParcelPackedEvent>(5).then<ParcelLostEvent>(7, "", "fire").state();
    BOOST_TEST(state.step == "send");
}

BOOST_AUTO_TEST_CASE(a_late_redrive_turns_a_failure_into_a_completion_and_the_history_stays) {
    const ExecutionState state = Course{}
                                     .then<ParcelPackedEvent>(5)
                                     .then<ParcelLostEvent>(7, "send", "first")
                                     .then<ParcelLostEvent>(8, "send", "second")
                                     .then<ParcelSentEvent>(500)
                                     .then<ParcelDeliveredEvent>(600)
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::completed));
    BOOST_TEST(state.failures == 2U);
    BOOST_TEST(state.failure == "second");
}

BOOST_AUTO_TEST_CASE(a_failed_execution_runs_again_when_its_redriven_step_is_done) {
    const ExecutionState state = Course{}
                                     .then<ParcelPackedEvent>(5)
                                     .then<ParcelLostEvent>(7, "send", "first")
                                     .then<ParcelSentEvent>(500)
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::running));
    BOOST_TEST(state.step == "deliver");
    BOOST_TEST(state.ended_by.empty());
}

BOOST_AUTO_TEST_CASE(a_resuming_event_continues_with_the_failed_step) {
    const ExecutionState state = Course{}
                                     .then<ParcelPackedEvent>(5)
                                     .then<ParcelLostEvent>(7, "send", "first")
                                     .then<ParcelSoughtEvent>(60)
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::running));
    BOOST_TEST(state.step == "send");
    BOOST_TEST((state.since == midnight + std::chrono::minutes{60}));
}

BOOST_AUTO_TEST_CASE(a_failure_after_a_completion_counts) {
    const ExecutionState state = Course{}
                                     .then<ParcelDeliveredEvent>(5)
                                     .then<ParcelLostEvent>(7, "deliver", "sent back")
                                     .state();
    BOOST_TEST((state.outcome == ExecutionOutcome::failed));
}

BOOST_AUTO_TEST_CASE(events_out_of_order_do_not_move_the_execution_back) {
    const ExecutionState state =
        Course{}.then<ParcelSentEvent>(30).then<ParcelPackedEvent>(31).state();
    BOOST_TEST(state.step == "deliver");
    BOOST_TEST(state.reached == "send");
    BOOST_TEST((state.since == midnight + std::chrono::minutes{30}));
}

BOOST_AUTO_TEST_CASE(a_late_event_does_not_reopen_a_completed_execution) {
    Workflow shorter{"shorter"};
    shorter.step<ParcelPackedEvent>("pack")
        .step<ParcelSentEvent>("send")
        .completes<ParcelSoughtEvent>();
    auto state = shorter.apply(at<ParcelPackedEvent>(1, "x", "P"), std::nullopt);
    state = shorter.apply(at<ParcelSoughtEvent>(2, "x", "P"), state);
    const auto after = shorter.apply(at<ParcelSentEvent>(3, "x", "P"), state);
    BOOST_TEST((after.value().outcome == ExecutionOutcome::completed));
    BOOST_TEST(after.value().reached == "send");
}

BOOST_AUTO_TEST_CASE(an_event_that_changes_nothing_returns_no_state) {
    const Workflow parcels = workflow();
    const auto state = parcels.apply(at<ParcelSentEvent>(1, "x", "P"), std::nullopt);
    BOOST_TEST(!parcels.apply(at<ParcelPackedEvent>(2, "x", "P"), state).has_value());
    BOOST_TEST(!parcels.apply(at<ParcelWeighedEvent>(2, "x", "P"), state).has_value());
    BOOST_TEST(!parcels.apply(at<ParcelWeighedEvent>(2, "x", "P"), std::nullopt).has_value());
}

BOOST_AUTO_TEST_CASE(an_execution_at_a_step_that_no_longer_exists_continues_with_the_next_event) {
    ExecutionState old = Course{}.then<ParcelPackedEvent>(5).state();
    old.reached = "wrap";
    const auto next = workflow().apply(at<ParcelSentEvent>(9, "x-1", "P-1"), old);
    BOOST_TEST(next.value().step == "deliver");
}

BOOST_AUTO_TEST_CASE(a_step_needs_a_unique_name_a_unique_type_and_a_sane_limit) {
    const auto refuses = [](auto declare, std::string_view part) {
        Workflow built{"parcel"};
        built.step<ParcelPackedEvent>("pack");
        BOOST_CHECK_EXCEPTION(declare(built), std::invalid_argument,
                              [part](const auto& error) { return says(error, part); });
    };
    refuses([](Workflow& w) { w.step<ParcelSentEvent>(""); }, "needs a name");
    refuses([](Workflow& w) { w.step<ParcelSentEvent>("pack"); },
            "already has a step of this name");
    refuses([](Workflow& w) { w.step<ParcelPackedEvent>("wrap"); }, "ends step 'pack'");
    refuses([](Workflow& w) { w.step<ParcelSentEvent>("send", bus::Duration{-1}); }, "below zero");
    refuses([](Workflow& w) { w.completes<ParcelSentEvent>().resumes<ParcelSentEvent>(); },
            "declared twice");
    refuses([](Workflow& w) { w.fails(bus::event_type<ParcelLostEvent>(), {}); }, "explains");
}

BOOST_AUTO_TEST_SUITE_END()
