#include <agents/retry/retry_options.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <stdexcept>
#include <string_view>

using bus::agents::RetryOptions;
using namespace std::chrono_literals;

namespace {

const bus::Uuid letter = bus::parse_uuid("01941f29-7c00-7000-8000-000000000001");

bus::Uuid letter_of(std::uint64_t number) {
    return bus::make_uuid_v7(1'735'689'600'000, 0, number);
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry_options)

BOOST_AUTO_TEST_CASE(
    without_jitter_the_backoff_is_a_minute_then_four_times_longer_up_to_six_hours) {
    const RetryOptions options{.jitter = 0};
    const bus::Duration expected[] = {1min, 4min, 16min, 64min, 256min, 360min, 360min};
    std::uint32_t round = 0;
    for (const bus::Duration backoff : expected) {
        ++round;
        BOOST_TEST(options.backoff(round, "save", letter).count() == backoff.count());
    }
    BOOST_TEST((options.backoff(4'000'000'000, "save", letter) == 6h));
}

BOOST_AUTO_TEST_CASE(a_backoff_too_long_to_represent_is_the_longest_possible_one) {
    const RetryOptions options{.max_backoff = bus::Duration::max(), .jitter = 0};
    BOOST_TEST((options.backoff(1000, "save", letter) == bus::Duration::max()));
}

BOOST_AUTO_TEST_CASE(jitter_stays_within_its_bounds_and_fills_them) {
    const RetryOptions options{.initial_backoff = 1s, .jitter = 0.2};
    bus::Duration least = 1h;
    bus::Duration most{0};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const bus::Duration backoff = options.backoff(1, "save", letter_of(i));
        least = std::min(least, backoff);
        most = std::max(most, backoff);
    }
    BOOST_TEST((least >= 800ms && least < 805ms));
    BOOST_TEST((most < 1s && most > 995ms));
}

BOOST_AUTO_TEST_CASE(the_backoff_of_a_letter_and_round_is_always_the_same) {
    const RetryOptions options;
    BOOST_TEST((options.backoff(2, "save", letter) == options.backoff(2, "save", letter)));
    // These figures are a promise: a program that is updated during a backoff keeps that backoff.
    BOOST_TEST(options.backoff(1, "save", letter).count() == 55468618);
    BOOST_TEST(options.backoff(2, "save", letter).count() == 236352165);
}

BOOST_AUTO_TEST_CASE(letters_agents_and_rounds_differ_in_their_jitter) {
    const RetryOptions options{.factor = 1};
    std::set<bus::Duration> seen;
    for (std::uint64_t i = 0; i < 100; ++i) {
        seen.insert(options.backoff(1, "save", letter_of(i)));
        seen.insert(options.backoff(2, "save", letter_of(i)));
        seen.insert(options.backoff(1, "sync", letter_of(i)));
    }
    BOOST_TEST(seen.size() == 300U);
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused_by_name) {
    const auto refuses = [](const RetryOptions& options, std::string_view name) {
        BOOST_CHECK_EXCEPTION(options.check(), std::invalid_argument, [name](const auto& error) {
            return std::string_view{error.what()}.find(name) != std::string_view::npos;
        });
    };
    BOOST_CHECK_NO_THROW(RetryOptions{}.check());
    refuses({.initial_backoff = -1s}, "initial_backoff");
    refuses({.factor = 0.5}, "factor");
    refuses({.initial_backoff = 2h, .max_backoff = 1h}, "max_backoff");
    refuses({.jitter = 1.5}, "jitter");
}

BOOST_AUTO_TEST_SUITE_END()
