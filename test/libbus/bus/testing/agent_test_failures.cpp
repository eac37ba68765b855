#include "test/libbus/bus/testing/says.hpp"
#include "test/libbus/bus/testing/ticket_office.hpp"

#include <boost/test/unit_test.hpp>

/// The messages of AgentTest for an agent that does something else.

using bus::FailureKind;
using bus::testing::AgentTest;
using bus::testing::Where;
using namespace office;
using namespace std::chrono_literals;

namespace {

struct FailuresFixture {
    Printer printer;
    AgentTest<Office> office{printer};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(agent_test_mismatches, FailuresFixture)

BOOST_AUTO_TEST_CASE(
    an_unexpected_event_is_shown_beside_the_expected_one_with_the_first_difference) {
    office.when(TicketBoughtEvent{{}, "T-1", 2});
    test::mismatches(
        [&] {
            office.then_emits(TicketPrintedEvent{{}, "T-1", {{"seat", 1}, {"fee", 1}}});
        },
        {"agent_test_failures.cpp:", "agent office, after when(TicketBoughtEvent)",
         "first difference: event 1, data.lines[0].amount: expected 1, actual 2",
         R"(expected:
    1. TicketPrintedEvent {"ticket":"T-1","lines":[{"item":"seat","amount":1})",
         R"(actual:
    1. TicketPrintedEvent {"ticket":"T-1","lines":[{"item":"seat","amount":2})"});
}

BOOST_AUTO_TEST_CASE(missing_or_additional_events_or_another_order_are_mismatches) {
    const TicketPrintedEvent one{{}, "T-1", {{"seat", 1}, {"fee", 1}}};
    const TicketPrintedEvent two{{}, "T-2", {{"seat", 1}, {"fee", 1}}};
    office.when(TicketBoughtEvent{{}, "T-1"}, TicketBoughtEvent{{}, "T-2"});
    office.then_emits(one, two);
    test::mismatches([&] { office.then_emits(one); }, {"event 2 is one too many", "T-2"});
    test::mismatches([&] { office.then_emits(two, one); }, {"event 1, data.ticket"});
    test::mismatches([&] { office.then_emits(one, two, one); }, {"event 3 is missing", "T-1"});
    test::mismatches([&] { office.then_emits_nothing(); },
                     {"event 1 is one too many", "expected: nothing"});
}

BOOST_AUTO_TEST_CASE(if_an_event_is_missing_the_failed_attempts_are_shown) {
    printer.failures["T-1"] = 1;
    office.when(TicketBoughtEvent{{}, "T-1"});
    test::mismatches(
        [&] {
            office.then_emits(TicketPrintedEvent{{}, "T-1", {}});
        },
        {"event 1 is missing", "actual: nothing",
         "attempts that failed:", "transient: the printer is out of paper"});
}

BOOST_AUTO_TEST_CASE(an_unexpected_failure_does_not_pass_as_emitting_nothing) {
    printer.failures["T-1"] = 1;
    office.when(TicketBoughtEvent{{}, "T-1"});
    test::mismatches([&] { office.then_emits_nothing(); },
                     {"because it failed; call then_fails()", "out of paper"});
    test::mismatches([&] { office.then_succeeds(); }, {"attempts failed", "out of paper"});
    BOOST_CHECK_NO_THROW(office.then_fails(FailureKind::transient).then_emits_nothing());
}

BOOST_AUTO_TEST_CASE(another_failure_is_shown_beside_the_expected_one) {
    test::mismatches([&] { office.then_fails(FailureKind::poison); }, {"no attempt failed"});
    printer.failures["T-1"] = 1;
    office.when(TicketBoughtEvent{{}, "T-1"});
    test::mismatches([&] { office.then_fails(FailureKind::rejected); },
                     {"expected: rejected", "actual:   transient: the printer"});
    test::mismatches([&] { office.then_fails(FailureKind::transient, "ink"); },
                     {"expected: transient: ...ink...", "actual:   transient: the printer"});
    test::mismatches([&] { office.then_tries_again_in(2min); },
                     {"expected: in 2 min", "actual:   in 1 min"});
    test::mismatches([&] { office.then_dead_letter(); }, {"it did not give up on any event"});
}

BOOST_AUTO_TEST_CASE(a_dead_letter_is_checked_for_its_reason_its_end_and_errors_in_on_given_up) {
    printer.kind = FailureKind::rejected;
    printer.failures = {{"T-1", 1}, {"cursed", 1}};
    office.when(TicketBoughtEvent{{}, "T-1"});
    test::mismatches([&] { office.then_dead_letter(FailureKind::poison); },
                     {"for another reason", "expected: poison", "actual:", "rejected"});
    test::mismatches([&] { office.then_dead_letter(FailureKind::rejected, "ink"); }, {"...ink..."});
    office.bus().request({.who = "somebody", .agent = "office"});
    office.world().run();
    test::mismatches([&] { office.then_dead_letter(); }, {"no dead letter is left"});
    office.when(TicketBoughtEvent{{}, "cursed"});
    test::mismatches([&] { office.then_dead_letter(); }, {"on_given_up failed: the office burns"});
}

BOOST_AUTO_TEST_CASE(another_state_is_shown_with_its_first_difference) {
    office.when(TicketBoughtEvent{{}, "T-1", 2});
    test::mismatches(
        [&] {
            office.then_state("account", Account{3, "T-1"});
        },
        {"the state 'account' differs", "first difference: seats: expected 3, actual 2",
         R"(expected: {"seats":3,"last":"T-1"})", R"(actual:   {"seats":2,)"});
    test::mismatches([&] { office.then_state("nobody", "T-1"); },
                     {"'nobody'", "expected: \"T-1\"", "actual:   nothing"});
    test::mismatches([&] { office.then_no_state("account"); },
                     {"expected: nothing", "actual:   {\"seats\":2"});
    test::mismatches([&] { office.then_state("account", 5); }, {"expected: 5", "actual:   {"});
}

BOOST_AUTO_TEST_CASE(other_timers_are_shown) {
    office.when(TicketBoughtEvent{{}, "T-1"});
    test::mismatches([&] { office.then_schedules<TicketExpiredEvent>(25h); },
                     {"expected: in 25 h: TicketExpiredEvent",
                      "1. in 24 h: TicketExpiredEvent {\"ticket\":\"T-1\"}"});
    test::mismatches(
        [&] {
            office.then_schedules(24h, TicketExpiredEvent{{}, "T-2"});
        },
        {"expected: in 24 h: TicketExpiredEvent {\"ticket\":\"T-2\"}", "T-1"});
    test::mismatches([&] { office.then_schedules<TicketUsedEvent>(24h); },
                     {"expected: in 24 h: TicketUsedEvent"});
    test::mismatches([&] { office.then_schedules_nothing(); }, {"expected: nothing", "1. in 24 h"});
}

BOOST_AUTO_TEST_CASE(other_commands_are_shown) {
    AgentTest<Helper> helper;
    const TicketBoughtEvent bought{{}, "T-1"};
    const TicketBoughtEvent other{{}, "T-2"};
    helper.given(other)
        .given_dead_letter("printing", bought, bus::Failure::transient("no paper"))
        .when(bus::derive<TicketUsedEvent>(bought, "T-1"));
    test::mismatches([&] { helper.then_redrives("printing", other); },
                     {"it did not redrive TicketBoughtEvent {\"ticket\":\"T-2\"",
                      "1. redrive event 2 of agent printing"});
    test::mismatches([&] { helper.then_redrives("office", bought); }, {"of agent office"});
    test::mismatches([&] { helper.then_redrives_nothing(); }, {"it redrove event 2"});
}

BOOST_AUTO_TEST_CASE(a_mismatch_names_the_line_of_the_expectation_and_not_that_of_the_act) {
    office.when(TicketBoughtEvent{{}, "T-1"});
    const auto line = Where::here().line + 2;
    try {
        office.then_emits_nothing();
        BOOST_ERROR("nothing was thrown");
    } catch (const bus::testing::Mismatch& mismatch) {
        BOOST_TEST(mismatch.where().line == line);
    }
    const auto next = Where::here().line + 2;
    try {
        office.then_emits(TicketUsedEvent{{}, "T-1"});
        BOOST_ERROR("nothing was thrown");
    } catch (const bus::testing::Mismatch& mismatch) {
        BOOST_TEST(mismatch.where().line == next);
    }
}

BOOST_AUTO_TEST_CASE(wrong_use_says_what_would_be_right) {
    BOOST_CHECK_THROW(office.start(printer), std::logic_error);
    office.stop();
    BOOST_CHECK_THROW(static_cast<void>(office.agent()), std::logic_error);
    BOOST_CHECK_THROW(office.when(TicketUsedEvent{{}, "T-1"}), std::logic_error);
    BOOST_CHECK_NO_THROW(office.start(printer));
    BOOST_CHECK_THROW(
        office.given_dead_letter("printing", BellRangEvent{}, bus::Failure::poison("x")),
        std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
