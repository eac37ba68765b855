#include <bus/runtime/fault_point.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

BOOST_AUTO_TEST_SUITE(fault_point)

#ifdef LIBBUS_FAULT_POINTS

namespace faults = bus::faults;

namespace {

void first() {
    LIBBUS_FAULT_POINT("test.plain");
}

void second() {
    LIBBUS_FAULT_POINT("test.plain");
}

void may_throw() {
    LIBBUS_FAULT_POINT_THROWS("test.throws", std::runtime_error{"made to fail"});
}

bool fails_quietly() {
    bool failed = false;
    LIBBUS_FAULT_POINT_FAILS("test.fails", failed = true);
    return failed;
}

faults::PointStatus status(const std::string& name) {
    for (const faults::PointStatus& point : faults::points()) {
        if (point.name == name) {
            return point;
        }
    }
    throw std::out_of_range{name};
}

/// The message with which a text of rules is refused.
std::string refusal(const char* rules) {
    try {
        faults::choose(rules);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

bool fails() {
    try {
        may_throw();
    } catch (const std::runtime_error&) {
        return true;
    }
    return false;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_point_is_known_before_it_is_hit_and_two_with_one_name_are_one) {
    faults::choose("");
    BOOST_TEST(status("test.plain").hits == 0U);
    first();
    second();
    BOOST_TEST(status("test.plain").hits == 2U);
    BOOST_TEST(status("test.throws").can_fail);
    BOOST_TEST(!status("test.plain").can_fail);
}

BOOST_AUTO_TEST_CASE(a_point_fails_at_the_hit_that_was_chosen_or_at_each) {
    faults::choose("test.throws=fail@2");
    BOOST_TEST(!fails());
    BOOST_TEST(fails());
    BOOST_TEST(!fails());
    faults::choose(" test.throws = fail ");
    BOOST_TEST(fails());
    BOOST_TEST(fails());
    faults::choose("");
    BOOST_TEST(!fails());
}

BOOST_AUTO_TEST_CASE(a_point_that_does_not_throw_fails_as_it_says) {
    BOOST_TEST(status("test.fails").can_fail);
    faults::choose("test.fails=fail@2");
    BOOST_TEST(!fails_quietly());
    BOOST_TEST(fails_quietly());
    BOOST_TEST(!fails_quietly());
    faults::choose("");
}

BOOST_AUTO_TEST_CASE(S22_a_point_sets_the_wall_clock_of_the_process) {
    faults::choose("test.plain=set-clock:3600@1, test.plain=set-clock:-7200@2");
    first();
    BOOST_TEST((faults::wall_clock_ahead() == std::chrono::hours{1}));
    first();
    BOOST_TEST((faults::wall_clock_ahead() == std::chrono::hours{-1}));
    faults::choose("test.plain=set-clock:3600@1"); // back to the right time
    first();
    faults::choose("");
    BOOST_TEST((faults::wall_clock_ahead() == std::chrono::hours{0}));
    BOOST_TEST(!refusal("test.plain=set-clock:soon").empty());
}

BOOST_AUTO_TEST_CASE(a_point_delays) {
    faults::choose("test.plain=delay:20@2");
    const auto began = std::chrono::steady_clock::now();
    first();
    second();
    BOOST_TEST((std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{20}));
    faults::choose("");
}

BOOST_AUTO_TEST_CASE(a_rule_that_would_test_nothing_is_refused) {
    BOOST_TEST(refusal("no.such=kill").find("no such point") != std::string::npos);
    BOOST_TEST(refusal("test.plain=fail").find("cannot fail") != std::string::npos);
    BOOST_TEST(refusal("test.plain=explode").find("no action") != std::string::npos);
    BOOST_TEST(refusal("test.plain").find("no '='") != std::string::npos);
    BOOST_TEST(refusal("test.plain=kill@x").find("no number") != std::string::npos);
}

#else

namespace {

/// A fault point does nothing here: otherwise this could not be a constant.
constexpr int passes() {
    LIBBUS_FAULT_POINT("test.plain");
    LIBBUS_FAULT_POINT_FAILS("test.fails", return 0);
    LIBBUS_FAULT_POINT_THROWS("test.throws", std::runtime_error{"never"});
    return 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_fault_points_a_point_does_nothing) {
    static_assert(passes() == 1);
    BOOST_TEST(passes() == 1);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
