// Which calls the end of the program waits for.
#include <bus/internal/host_calls.hpp>

#include <boost/test/unit_test.hpp>

#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

using bus::internal::HostCalls;

BOOST_AUTO_TEST_SUITE(host_calls)

BOOST_AUTO_TEST_CASE(calls_of_the_thread_that_asks_do_not_count_however_deep_they_nest) {
    HostCalls calls;
    HostCalls others;
    BOOST_TEST(calls.none_elsewhere());
    const HostCalls::Scope outer{calls};
    const HostCalls::Scope between{others};
    const HostCalls::Scope inner{calls};
    BOOST_TEST(calls.none_elsewhere());
    BOOST_TEST(others.none_elsewhere());
}

BOOST_AUTO_TEST_CASE(a_call_of_another_thread_counts_until_it_ends) {
    HostCalls calls;
    std::latch entered{1};
    std::latch may_end{1};
    std::thread other{[&] {
        const HostCalls::Scope call{calls};
        entered.count_down();
        may_end.wait();
    }};
    entered.wait();
    BOOST_TEST(!calls.none_elsewhere());
    may_end.count_down();
    other.join();
    BOOST_TEST(calls.none_elsewhere());
}

BOOST_AUTO_TEST_CASE(a_call_that_comes_too_late_is_refused_and_does_not_count) {
    HostCalls calls;
    std::optional<HostCalls::Scope> before{std::in_place, calls};
    calls.close();
    BOOST_CHECK_THROW(HostCalls::Scope{calls}, std::logic_error);
    BOOST_CHECK_THROW(calls.check_open(), std::logic_error);
    before.reset();
    std::thread{[&] { BOOST_TEST(calls.none_elsewhere()); }}.join();
}

BOOST_AUTO_TEST_SUITE_END()
