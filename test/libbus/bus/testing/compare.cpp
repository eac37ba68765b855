#include "test/libbus/bus/testing/says.hpp"
#include "test/libbus/bus/testing/ticket_office.hpp"

#include <boost/test/unit_test.hpp>

using bus::testing::Compare;
using bus::testing::Difference;
using bus::testing::expect_equal;
using bus::testing::first_difference;
using bus::testing::first_difference_in_json;
using namespace office;

namespace {

std::string difference(const bus::DomainEvent& expected, const bus::DomainEvent& actual,
                       const Compare& compare = {}) {
    const auto found = first_difference(expected, actual, compare);
    return found ? to_text(*found) : "none";
}

std::string json_difference(std::string_view expected, std::string_view actual) {
    const auto found = first_difference_in_json(expected, actual);
    return found ? to_text(*found) : "none";
}

} // namespace

BOOST_AUTO_TEST_SUITE(comparing_events)

BOOST_AUTO_TEST_CASE(events_made_separately_are_equal_if_their_members_are) {
    const TicketPrintedEvent one{{}, "T-1", {{"seat", 2}}};
    const TicketPrintedEvent other{{}, "T-1", {{"seat", 2}}};
    BOOST_TEST((one.event_id != other.event_id));
    BOOST_TEST(difference(one, other) == "none");
    BOOST_CHECK_NO_THROW(expect_equal(one, other));
}

BOOST_AUTO_TEST_CASE(the_first_difference_is_named_by_its_path) {
    const TicketPrintedEvent expected{{}, "T-1", {{"seat", 2}, {"fee", 1}}};
    BOOST_TEST(difference(expected, TicketPrintedEvent{{}, "T-2", {}}) ==
               R"(data.ticket: expected "T-1", actual "T-2")");
    BOOST_TEST(difference(expected, TicketPrintedEvent{{}, "T-1", {{"seat", 2}, {"fee", 7}}}) ==
               "data.lines[1].amount: expected 1, actual 7");
    BOOST_TEST(difference(expected, TicketPrintedEvent{{}, "T-1", {{"seat", 2}}}) ==
               R"(data.lines[1]: expected {"item":"fee","amount":1}, actual nothing)");
    BOOST_TEST(difference(TicketPrintedEvent{{}, "T-1", {{"seat", 2}}}, expected) ==
               R"(data.lines[1]: expected nothing, actual {"item":"fee","amount":1})");
    BOOST_TEST(difference(expected, TicketUsedEvent{{}, "T-1"}) ==
               R"(event_type: expected "TicketPrintedEvent", actual "TicketUsedEvent")");
}

BOOST_AUTO_TEST_CASE(only_envelope_members_that_the_expected_event_sets_are_compared) {
    TicketUsedEvent expected{{}, "T-1"};
    TicketUsedEvent actual{{}, "T-1"};
    actual.execution_id = "x-1";
    actual.user_id = "ada";
    actual.causation_id = actual.event_id;
    BOOST_TEST(difference(expected, actual) == "none");
    expected.execution_id = "x-2";
    BOOST_TEST(difference(expected, actual) == R"(execution_id: expected "x-2", actual "x-1")");
    expected.execution_id = "x-1";
    expected.user_id = "bob";
    BOOST_TEST(difference(expected, actual) == R"(user_id: expected "bob", actual "ada")");
    expected.user_id = "ada";
    expected.causation_id = expected.event_id;
    BOOST_TEST(difference(expected, actual).starts_with("causation_id: expected "));
    expected.causation_id = actual.causation_id;
    expected.own_aggregate_id = "T-9";
    BOOST_TEST(difference(expected, actual) == R"(aggregate_id: expected "T-9", actual "T-1")");
}

BOOST_AUTO_TEST_CASE(id_and_time_are_compared_when_asked_for) {
    const TicketUsedEvent expected{{}, "T-1"};
    TicketUsedEvent actual = expected;
    BOOST_TEST(difference(expected, actual, {.event_id = true, .occurred_at = true}) == "none");
    actual.occurred_at += bus::Duration{1};
    BOOST_TEST(difference(expected, actual) == "none");
    BOOST_TEST(
        difference(expected, actual, {.occurred_at = true}).starts_with("occurred_at: expected"));
    BOOST_TEST(difference(expected, TicketUsedEvent{{}, "T-1"}, {.event_id = true})
                   .starts_with("event_id: expected"));
}

BOOST_AUTO_TEST_CASE(json_is_compared_by_value_in_any_form) {
    BOOST_TEST(json_difference(R"({"a":1,"b":[2,3]})", R"( { "b" : [2.0, 3], "a":1 } )") == "none");
    BOOST_TEST(json_difference("1", "2") == "expected 1, actual 2");
    BOOST_TEST(json_difference(R"({"a":{"b":null}})", R"({"a":{}})") ==
               "a.b: expected null, actual nothing");
    BOOST_TEST(json_difference(R"({"a":{}})", R"({"a":{"c":true}})") ==
               "a.c: expected nothing, actual true");
    BOOST_CHECK_THROW(static_cast<void>(first_difference_in_json("{", "1")), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(numbers_that_differ_beyond_a_doubles_digits_differ) {
    BOOST_TEST(json_difference("9007199254740993", "9007199254740992") ==
               "expected 9007199254740993, actual 9007199254740992");
}

BOOST_AUTO_TEST_CASE(a_mismatch_shows_line_difference_and_both_events) {
    test::mismatches(
        [] {
            expect_equal(TicketUsedEvent{{}, "T-1"}, TicketUsedEvent{{}, "T-2"});
        },
        {"compare.cpp:", R"(first difference: data.ticket: expected "T-1", actual "T-2")",
         R"(expected: TicketUsedEvent {"ticket":"T-1"})",
         R"(actual:   TicketUsedEvent {"ticket":"T-2"})"});
}

BOOST_AUTO_TEST_SUITE_END()
