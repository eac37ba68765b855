#include "test/support/needs.hpp"
#include <bus/event/timestamp.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <fstream>
#include <iterator>

BOOST_AUTO_TEST_SUITE(timestamp)

namespace {

/// The time that the text means, in the form that we write; empty if it is not a time.
std::string reread(std::string_view text) {
    const auto time = bus::try_parse_timestamp(text);
    return time ? bus::to_text(*time) : std::string{};
}

} // namespace

BOOST_AUTO_TEST_CASE(the_rfc_3339_vectors_hold,
                     *test::needs_shared_data("vectors/rfc3339/date-time.json")) {
    std::ifstream in{test::shared_data("vectors/rfc3339/date-time.json").value()};
    const auto groups = boost::json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
    for (const auto& group : groups.as_array()) {
        for (const auto& test : group.at("tests").as_array()) {
            if (const auto* text = test.at("data").if_string()) {
                BOOST_TEST_CONTEXT(test.at("description")) {
                    BOOST_TEST(bus::try_parse_timestamp(*text).has_value() ==
                               test.at("valid").as_bool());
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(offsets_become_utc) {
    BOOST_TEST(reread("1937-01-01T12:00:27.87+00:20") == "1937-01-01T11:40:27.870000Z");
    BOOST_TEST(reread("1990-12-31T15:59:50.123-08:00") == "1990-12-31T23:59:50.123000Z");
    BOOST_TEST(reread("2024-02-29T00:00:00-00:00") == "2024-02-29T00:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(a_time_without_an_offset_is_utc) {
    BOOST_TEST(reread("2025-09-01T00:22:59.123456") == "2025-09-01T00:22:59.123456Z");
    BOOST_TEST(reread("2025-09-01 00:22:59") == "2025-09-01T00:22:59.000000Z");
}

BOOST_AUTO_TEST_CASE(fractions_of_any_length_are_cut_to_microseconds) {
    BOOST_TEST(reread("2025-09-01T00:22:59.1Z") == "2025-09-01T00:22:59.100000Z");
    BOOST_TEST(reread("2025-09-01T00:22:59.12345Z") == "2025-09-01T00:22:59.123450Z");
    BOOST_TEST(reread("2025-09-01T00:22:59.1234567Z") == "2025-09-01T00:22:59.123456Z");
    BOOST_TEST(reread("2025-09-01T00:22:59.999999999999999Z") == "2025-09-01T00:22:59.999999Z");
    BOOST_TEST(reread("2025-09-01T00:22:59.12+01:00") == "2025-08-31T23:22:59.120000Z");
}

BOOST_AUTO_TEST_CASE(a_leap_second_is_read_as_the_second_after_it) {
    BOOST_TEST(reread("1998-12-31T23:59:60Z") == "1999-01-01T00:00:00.000000Z");
    BOOST_TEST(reread("2015-06-30T23:59:60.5Z") == "2015-07-01T00:00:00.500000Z");
    BOOST_TEST(reread("1998-12-31T15:59:60-08:00") == "1999-01-01T00:00:00.000000Z");
    for (const auto* text : {"1998-12-31T22:59:60Z", "1998-12-30T23:59:60Z", "1998-12-31T23:59:61Z",
                             "9999-12-31T23:59:60Z"}) {
        BOOST_TEST(reread(text) == "", text);
    }
}

BOOST_AUTO_TEST_CASE(text_that_is_not_a_time_is_refused) {
    for (const auto* text : {"",
                             "2025",
                             "2025-09-01",
                             "2025-09-01T00:22",
                             "2025-09-01T00:22:59.",
                             "2025-09-01T00:22:59.Z",
                             "2025-09-01T00:22:59,5Z",
                             "2025-02-29T00:00:00Z",
                             "2025-13-01T00:00:00Z",
                             "2025-00-01T00:00:00Z",
                             "2025-01-00T00:00:00Z",
                             "2025-09-01_00:22:59Z",
                             "2025-09-01T00:22:59+1:00",
                             "2025-09-01T00:22:59+01:00x",
                             " 2025-09-01T00:22:59Z",
                             "2025-09-01T00:22:59Z ",
                             "0000-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "-025-09-01T00:22:59Z",
                             "2025-09-01T+1:22:59Z"}) {
        BOOST_TEST(reread(text) == "", text);
    }
    BOOST_CHECK_EXCEPTION(
        bus::parse_timestamp("yesterday"), std::invalid_argument, [](const auto& e) {
            return std::string_view{e.what()}.find("yesterday") != std::string_view::npos;
        });
}

BOOST_AUTO_TEST_CASE(times_outside_four_digit_years_are_clamped) {
    BOOST_TEST(bus::to_text(bus::Timestamp::max()) == "9999-12-31T23:59:59.999999Z");
    BOOST_TEST(bus::to_text(bus::Timestamp::min()) == "0000-01-01T00:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(every_time_comes_back_as_it_was_written) {
    const auto first = bus::parse_timestamp("0000-01-01T00:00:00Z").time_since_epoch().count();
    const auto last =
        bus::parse_timestamp("9999-12-31T23:59:59.999999Z").time_since_epoch().count();
    BOOST_TEST(rc::check([&] {
        const bus::Timestamp time{bus::Duration{*rc::gen::inRange(first, last + 1)}};
        const std::string text = bus::to_text(time);
        RC_ASSERT(text.size() == bus::timestamp_chars);
        RC_ASSERT(bus::parse_timestamp(text) == time);
    }));
}

BOOST_AUTO_TEST_SUITE_END()
