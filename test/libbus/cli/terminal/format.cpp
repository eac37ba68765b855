#include <boost/test/unit_test.hpp>
#include <cli/terminal/format.hpp>

#include <cmath>
#include <limits>

using namespace bus::terminal;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(durations_are_printed_in_at_most_two_units) {
    BOOST_TEST(format_duration(0ns) == "0 us");
    BOOST_TEST(format_duration(740us) == "740 us");
    BOOST_TEST(format_duration(12ms) == "12 ms");
    BOOST_TEST(format_duration(3400ms) == "3.4 s");
    BOOST_TEST(format_duration(125s) == "2 min 05 s");
    BOOST_TEST(format_duration(62min) == "1 h 02 min");
    BOOST_TEST(format_duration(76h) == "3 d 04 h");
    BOOST_TEST(format_duration(-2s) == "-2.0 s");
}

BOOST_AUTO_TEST_CASE(durations_round_into_the_next_unit_never_to_sixty_of_the_last) {
    BOOST_TEST(format_duration(999'600ns) == "1 ms");
    BOOST_TEST(format_duration(999'600us) == "1.0 s");
    BOOST_TEST(format_duration(59'960ms) == "1 min 00 s");
    BOOST_TEST(format_duration(3'599'700ms) == "1 h 00 min");
    BOOST_TEST(format_duration(24h - 10s) == "1 d 00 h");
    BOOST_TEST(format_duration(std::chrono::nanoseconds::min()) == "-106752 d 00 h");
}

BOOST_AUTO_TEST_CASE(rates_keep_three_digits) {
    BOOST_TEST(format_rate(0) == "0.00/s");
    BOOST_TEST(format_rate(0.518) == "0.52/s");
    BOOST_TEST(format_rate(52.34) == "52.3/s");
    BOOST_TEST(format_rate(99.96) == "100/s");
    BOOST_TEST(format_rate(1234.4) == "1,234/s");
    BOOST_TEST(format_rate(std::nan("")) == "-/s");
    BOOST_TEST(format_rate(std::numeric_limits<double>::infinity()) == "-/s");
    BOOST_TEST(format_rate(1e300) == "1.00e+300/s");
}

BOOST_AUTO_TEST_CASE(counts_have_commas_between_thousands) {
    BOOST_TEST(format_count(std::int64_t{0}) == "0");
    BOOST_TEST(format_count(std::int64_t{999}) == "999");
    BOOST_TEST(format_count(std::int64_t{1000}) == "1,000");
    BOOST_TEST(format_count(std::int64_t{-1234567}) == "-1,234,567");
    BOOST_TEST(format_count(std::int64_t{-100}) == "-100");
    BOOST_TEST(format_count(std::numeric_limits<std::int64_t>::min()) ==
               "-9,223,372,036,854,775,808");
    BOOST_TEST(format_count(std::uint64_t{1000}) == "1,000");
    BOOST_TEST(format_count(std::numeric_limits<std::uint64_t>::max()) ==
               "18,446,744,073,709,551,615");
}
