#include "demo/books/fault_plan.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

using demo::FaultPlan;

BOOST_AUTO_TEST_CASE(a_plan_by_default_or_with_rate_zero_never_fails) {
    for (int i = 0; i < 1000; ++i) {
        BOOST_REQUIRE(!FaultPlan().refuses(std::to_string(i), "save", 1));
        BOOST_REQUIRE(
            (FaultPlan(0, 5).fault(std::to_string(i), "save", 1) == FaultPlan::Fault::none));
    }
}

BOOST_AUTO_TEST_CASE(a_rate_of_one_fails_three_times_but_never_a_fourth_time) {
    const bool held =
        rc::check("three failures at most",
                  [](std::uint64_t seed, const std::string& order, const std::string& step) {
                      const FaultPlan plan(1, seed);
                      for (int attempt = 1; attempt <= 3; ++attempt) {
                          RC_ASSERT(plan.fault(order, step, attempt) != FaultPlan::Fault::none);
                      }
                      const int late = *rc::gen::inRange(4, std::numeric_limits<int>::max());
                      RC_ASSERT(plan.fault(order, step, late) == FaultPlan::Fault::none);
                  });
    BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(a_plan_answers_the_same_whenever_it_is_asked) {
    const bool held =
        rc::check("pure, and of one kind", [](std::uint64_t seed, const std::string& order) {
            const double rate = *rc::gen::inRange(0, 1001) / 1000.0;
            const int attempt = *rc::gen::inRange(1, 6);
            const FaultPlan plan(rate, seed);
            const auto fault = plan.fault(order, "invoice", attempt);
            RC_ASSERT(FaultPlan(rate, seed).fault(order, "invoice", attempt) == fault);
            const bool before = plan.refuses(order, "invoice", attempt);
            const bool after = plan.refuses_after(order, "invoice", attempt);
            RC_ASSERT(!(before && after));
            RC_ASSERT((before || after) == (fault != FaultPlan::Fault::none));
        });
    BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(failures_occur_at_the_given_rate_and_a_third_of_them_after_the_effect) {
    constexpr int calls = 30000;
    for (const double rate : {0.05, 0.2, 0.5}) {
        for (const int attempt : {1, 2, 3}) {
            const FaultPlan plan(rate, 7);
            int failed = 0;
            int after = 0;
            for (int i = 0; i < calls; ++i) {
                const auto fault = plan.fault("order-" + std::to_string(i), "save", attempt);
                failed += fault != FaultPlan::Fault::none;
                after += fault == FaultPlan::Fault::after_effect;
            }
            // Five standard deviations: the seed is fixed, so this cannot fail by chance later.
            const auto near = [](int hits, int of, double share) {
                return std::abs(hits - of * share) < 5 * std::sqrt(of * share * (1 - share));
            };
            BOOST_TEST(near(failed, calls, rate));
            BOOST_TEST(near(after, failed, 1.0 / 3));
        }
    }
}

BOOST_AUTO_TEST_CASE(seed_order_step_and_attempt_each_matter) {
    int seeds = 0;
    int steps = 0;
    int attempts = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = std::to_string(i);
        const auto first = FaultPlan(0.5, 1).fault(id, "save", 1);
        seeds += first != FaultPlan(0.5, 2).fault(id, "save", 1);
        steps += first != FaultPlan(0.5, 1).fault(id, "invoice", 1);
        attempts += first != FaultPlan(0.5, 1).fault(id, "save", 2);
    }
    for (const int differing : {seeds, steps, attempts})
        BOOST_TEST(differing > 400);
}

BOOST_AUTO_TEST_CASE(the_hash_is_fixed_so_that_a_seed_means_the_same_everywhere) {
    const FaultPlan plan(0.5, 7);
    std::string answers;
    for (int i = 0; i < 24; ++i) {
        answers += "-BA"[static_cast<int>(plan.fault("order-" + std::to_string(i), "save", 1))];
    }
    // Computed once with a separate program, from the documentation of the hash.
    BOOST_TEST(answers == "-A-B-BABA-BB--B-----B-AB");
}

BOOST_AUTO_TEST_CASE(a_rate_or_attempt_out_of_range_is_refused) {
    BOOST_CHECK_THROW(FaultPlan(-0.1, 1), std::invalid_argument);
    BOOST_CHECK_THROW(FaultPlan(1.1, 1), std::invalid_argument);
    BOOST_CHECK_THROW(FaultPlan(std::nan(""), 1), std::invalid_argument);
    BOOST_CHECK_THROW(FaultPlan(0.2, 1).refuses("A", "save", 0), std::invalid_argument);
}
