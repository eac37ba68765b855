#include "test/libbus/bus/testing/ticket_office.hpp"

#include <boost/test/unit_test.hpp>

/// AgentTest with an agent that does what is expected.

using bus::FailureKind;
using bus::testing::AgentTest;
using bus::testing::Setup;
using namespace office;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    Printer printer;
    AgentTest<Office> office{printer};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(agent_test, Fixture)

BOOST_AUTO_TEST_CASE(then_emits_compares_the_emissions_of_the_act_in_order) {
    office.given(TicketBoughtEvent{{}, "T-0"})
        .when(TicketBoughtEvent{{}, "T-1", 2}, TicketBoughtEvent{{}, "T-2"})
        .then_emits(TicketPrintedEvent{{}, "T-1", {{"seat", 2}, {"fee", 1}}},
                    TicketPrintedEvent{{}, "T-2", {{"seat", 1}, {"fee", 1}}});
    BOOST_TEST(office.emitted<TicketPrintedEvent>().size() == 2U);
    BOOST_TEST(office.published<TicketPrintedEvent>().size() == 3U);
    BOOST_TEST(office.agent().name() == "office");
}

BOOST_AUTO_TEST_CASE(given_events_have_happened_although_their_effects_are_not_checked) {
    // tag::given[]
    office.given(TicketBoughtEvent{{}, "T-1", 3}, TicketBoughtEvent{{}, "T-2", 4})
        .then_emits_nothing()
        .then_state("account", Account{7, "T-2"});
    // end::given[]
}

BOOST_AUTO_TEST_CASE(state_is_seen_by_value) {
    office.given_state("account", Account{10, "T-0"})
        .when(TicketBoughtEvent{{}, "T-1", 5})
        .then_state("account", Account{15, "T-1"})
        .then_no_state("T-2");
    BOOST_TEST(office.state<Account>("account").value().seats == 15);
    BOOST_TEST(!office.state<Account>("nothing").has_value());
}

BOOST_AUTO_TEST_CASE(timers_are_seen_and_run_on_the_clock_of_the_test) {
    // tag::timers[]
    office.when(TicketBoughtEvent{{}, "T-1"})
        .then_schedules<TicketExpiredEvent>(24h)
        .then_schedules(24h, TicketExpiredEvent{{}, "T-1"})
        .advance(24h - 1us)
        .then_emits_nothing()
        .then_schedules<TicketExpiredEvent>(1us)
        .advance(1us)
        .then_emits(TicketExpiredEvent{{}, "T-1"}, BellRangEvent{{}, 1})
        .then_schedules_nothing()
        .then_no_state("T-1");
    // end::timers[]
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_is_gone) {
    office.given(TicketBoughtEvent{{}, "T-1"})
        .when(TicketUsedEvent{{}, "T-1"})
        .then_emits_nothing()
        .then_schedules_nothing()
        .settle()
        .then_emits_nothing();
}

BOOST_AUTO_TEST_CASE(failures_are_seen_and_tried_again_when_time_passes) {
    // tag::failures[]
    printer.failures["T-1"] = 1;
    office.when(TicketBoughtEvent{{}, "T-1"})
        .then_fails(FailureKind::transient, "out of paper")
        .then_emits_nothing()
        .then_tries_again_in(1min)
        .advance(1min)
        .then_succeeds()
        .then_emits(TicketPrintedEvent{{}, "T-1", {{"seat", 1}, {"fee", 1}}});
    office.when(TicketBoughtEvent{{}, "early"})
        .then_fails(FailureKind::not_ready)
        .then_tries_again_in(3h);
    // end::failures[]
}

BOOST_AUTO_TEST_CASE(giving_up_leaves_a_dead_letter_and_emits_what_on_given_up_does) {
    printer.failures["T-1"] = 2;
    // tag::giving_up[]
    office.when(TicketBoughtEvent{{}, "T-1"})
        .settle()
        .then_dead_letter()
        .then_dead_letter(FailureKind::transient, "paper")
        .then_emits(TicketRefusedEvent{{}, "T-1", "the printer is out of paper"});
    // end::giving_up[]
    BOOST_TEST(office.dead_letters().size() == 1U);
    BOOST_TEST(office.failures().size() == 1U); // of this act
    BOOST_TEST(office.status().dead == 1U);
}

BOOST_AUTO_TEST_CASE(an_operator_redrives_or_discards_dead_letters) {
    printer = {.failures = {{"T-1", 1}, {"T-2", 5}}, .kind = FailureKind::rejected};
    office.given(TicketBoughtEvent{{}, "T-1"})
        .redrive()
        .then_redrives_nothing() // that was the operator
        .then_emits(TicketPrintedEvent{{}, "T-1", {{"seat", 1}, {"fee", 1}}});
    BOOST_TEST(office.dead_letters().empty());
    office.given(TicketBoughtEvent{{}, "T-2"}).redrive().then_dead_letter(FailureKind::rejected);
    office.discard().then_emits_nothing();
    BOOST_TEST(office.dead_letters().empty());
    BOOST_TEST(office.status().finished == 1U);
}

BOOST_AUTO_TEST_CASE(the_commands_of_the_agent_are_seen) {
    AgentTest<Helper> helper;
    const TicketBoughtEvent bought{{}, "T-1"};
    const TicketBoughtEvent other{{}, "T-2"};
    // tag::commands[]
    helper.given_dead_letter("printing", bought, bus::Failure::transient("no paper"))
        .given(other)
        .when(bus::derive<TicketUsedEvent>(other, "T-2"))
        .then_redrives_nothing()
        .when(bus::derive<TicketUsedEvent>(bought, "T-1"))
        .then_redrives("printing", bought);
    // end::commands[]
    BOOST_TEST(helper.commands().at(0).why == "used after all");
    BOOST_TEST(helper.store().conservation().size() == 2U);
    for (const bus::Conservation& account : helper.store().conservation()) {
        BOOST_TEST(account.holds());
    }
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_what_the_store_keeps) {
    // tag::restart[]
    printer.failures["T-2"] = 1;
    office.when(TicketBoughtEvent{{}, "T-1"}, TicketBoughtEvent{{}, "T-2"}).restart(printer);
    office.then_emits_nothing().then_tries_again_in(1min);
    office.stop().advance(30h).start(printer);
    office.then_schedules<TicketExpiredEvent>(24h); // of the second attempt, made just now
    BOOST_TEST(office.emitted<TicketPrintedEvent>().at(0).ticket == "T-2");
    BOOST_TEST(office.emitted<TicketExpiredEvent>().at(0).ticket == "T-1");
    // end::restart[]
}

BOOST_AUTO_TEST_CASE(an_agent_may_be_made_by_the_test) {
    // tag::settings[]
    auto made = std::make_unique<Office>(printer);
    made->settings().retry.max_attempts = 1;
    AgentTest<Office> impatient{std::move(made), Setup{.seed = 3}};
    printer.failures["T-1"] = 1;
    impatient.when(TicketBoughtEvent{{}, "T-1"}).then_dead_letter();
    // end::settings[]
}

BOOST_AUTO_TEST_CASE(without_a_store_it_emits_fails_and_waits_in_the_same_way) {
    AgentTest<Office> mailbox{Setup{.store = false}, printer};
    printer.failures["T-2"] = 2;
    mailbox.given(TicketBoughtEvent{{}, "T-0"})
        .when(TicketBoughtEvent{{}, "T-1"})
        .then_emits(TicketPrintedEvent{{}, "T-1", {{"seat", 1}, {"fee", 1}}})
        .when(TicketBoughtEvent{{}, "T-2"})
        .then_fails(FailureKind::transient)
        .advance(1min)
        .then_dead_letter()
        .then_emits(TicketRefusedEvent{{}, "T-2", "the printer is out of paper"});
    BOOST_CHECK_THROW(mailbox.then_state("account", 1), std::logic_error);
    BOOST_CHECK_THROW(mailbox.then_schedules_nothing(), std::logic_error);
    BOOST_CHECK_THROW(mailbox.then_tries_again_in(1min), std::logic_error);
    mailbox.settle();
    BOOST_TEST(mailbox.emitted<TicketExpiredEvent>().size() == 2U);
}

BOOST_AUTO_TEST_CASE(id_and_time_count_when_asked_for) {
    const bus::Timestamp now = office.now();
    TicketPrintedEvent expected{{}, "T-1", {{"seat", 1}, {"fee", 1}}};
    office.comparing({.occurred_at = true}).when(TicketBoughtEvent{{}, "T-1"}).then_emits(expected);
    expected.occurred_at = now + 1us;
    BOOST_CHECK_THROW(office.then_emits(expected), bus::testing::Mismatch);
}

namespace {

/// Emits what the office does, on the same event or on another one.
template <class E>
class Rival : public bus::Agent {
public:
    Rival() : Agent{"rival"} {
        on<E>([](const E& event, bus::Context& context) {
            context.publish(TicketPrintedEvent{{}, event.ticket, {}});
        }).template emits<TicketPrintedEvent>();
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(
    the_emissions_of_the_tested_agent_among_several_are_identified_by_their_cause) {
    office.with<Rival<TicketUsedEvent>>();
    office.when(TicketUsedEvent{{}, "T-1"}).then_emits_nothing();
    BOOST_TEST(office.published<TicketPrintedEvent>().size() == 1U);
    office.when(TicketBoughtEvent{{}, "T-2"})
        .then_emits(TicketPrintedEvent{{}, "T-2", {{"seat", 1}, {"fee", 1}}});
}

BOOST_AUTO_TEST_CASE(if_the_cause_does_not_identify_them_either_the_kit_says_so) {
    office.with<Rival<TicketBoughtEvent>>();
    office.when(TicketBoughtEvent{{}, "T-2"});
    BOOST_CHECK_EXCEPTION(office.then_emits_nothing(), std::logic_error, [](const auto& error) {
        return std::string_view{error.what()}.find("office and rival both emit") !=
               std::string_view::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
