// When a failed step is tried again: R1, R2, and A13 for steps.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

/// An agent that fails as a script says, and the moments of its attempts.
struct Failing {
    using Script = std::function<void(std::uint32_t attempt, bus::Context& context)>;

    Failing(const bus::RetryPolicy& retry, Script script) {
        auto agent = scripted("failing");
        agent->settings().retry = retry;
        agent->handles<PingEvent>(
            [this, script = std::move(script)](const PingEvent&, bus::Context& context) {
                moments.push_back(context.now() - start);
                script(context.attempt(), context);
            });
        agent->gives_up_with<test::GivenUpEvent>(
            [](const bus::DomainEvent& event, const bus::Failure& failure, bus::Context& context) {
                context.publish(test::given_up(std::string{event.aggregate_id()}, failure.what()));
            });
        bus.add(std::move(agent));
        handler = bus.subscribe<test::GivenUpEvent>(
            [this](const test::GivenUpEvent& event) { given_up.push_back(event.why); });
    }

    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>(5);
    bus::Timestamp start = runtime->now();
    std::vector<bus::Duration> moments;
    std::vector<std::string> given_up;
    bus::Bus bus{{runtime, nullptr}};
    bus::Subscription handler;

    void run() {
        bus.publish(ping("order-1"));
        runtime->run_until_idle();
    }
};

void check_moments(const Failing& failing, const std::vector<bus::Duration>& expected) {
    BOOST_TEST_REQUIRE(failing.moments.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST(failing.moments[i].count() == expected[i].count());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(R1_delays_grow_by_the_factor_up_to_the_bound) {
    Failing failing{
        {.max_attempts = 7, .initial_delay = 100ms, .factor = 2.5, .max_delay = 2s, .jitter = 0.0},
        [](auto, auto&) { throw std::runtime_error{"down"}; }};
    failing.run();
    check_moments(failing, {0us, 100ms, 350ms, 975ms, 2537500us, 4537500us, 6537500us});
    BOOST_TEST(failing.given_up.size() == 1U);
    BOOST_TEST(failing.given_up.front() == "down");
}

BOOST_AUTO_TEST_CASE(R1_jitter_follows_the_documented_formula_to_the_microsecond) {
    const bus::RetryPolicy policy{
        .max_attempts = 6, .initial_delay = 80ms, .factor = 3.0, .max_delay = 5s, .jitter = 0.4};
    // The formula of retry_policy.hpp once more, by hand.
    const auto expected = [](double base_us, std::uint64_t random) {
        const double u = static_cast<double>(random >> 11U) / 9007199254740992.0;
        return static_cast<std::int64_t>(base_us * (1.0 - 0.4 + 0.4 * u));
    };
    const double bases[] = {80'000, 240'000, 720'000, 2'160'000, 5'000'000};
    std::mt19937_64 generator{11};
    for (std::uint32_t n = 1; n <= 5; ++n) {
        for (int i = 0; i < 100; ++i) {
            const std::uint64_t random = generator();
            const std::int64_t delay = policy.delay(n, random).count();
            BOOST_TEST(delay == expected(bases[n - 1], random));
            BOOST_TEST(static_cast<double>(delay) >= bases[n - 1] * 0.6 - 1);
            BOOST_TEST(static_cast<double>(delay) < bases[n - 1]);
        }
    }
}

BOOST_AUTO_TEST_CASE(R1_a_delay_too_long_to_represent_is_the_longest_possible_one) {
    const bus::RetryPolicy policy{
        .initial_delay = 1s, .factor = 1e9, .max_delay = bus::Duration::max(), .jitter = 0.0};
    BOOST_TEST(policy.delay(2, 0).count() == (1'000'000'000s / 1us));
    BOOST_TEST(policy.delay(9, 0).count() == bus::Duration::max().count());
    BOOST_TEST(policy.delay(4'000'000'000, 0).count() == bus::Duration::max().count());
    const bus::Timestamp now{1'735'689'600s};
    const auto next = policy.next_attempt(bus::Failure::transient("down"), 4, now, 0);
    BOOST_TEST((next == bus::Timestamp::max()));
}

BOOST_AUTO_TEST_CASE(R1_an_agent_waits_as_long_as_the_policy_says_for_the_runtimes_random_number) {
    const bus::RetryPolicy policy{.max_attempts = 4, .initial_delay = 1s, .jitter = 0.5};
    Failing failing{policy, [](auto, auto&) { throw std::runtime_error{"down"}; }};
    failing.run();
    BOOST_TEST_REQUIRE(failing.moments.size() == 4U);
    for (std::size_t i = 1; i < failing.moments.size(); ++i) {
        const bus::Duration waited = failing.moments[i] - failing.moments[i - 1];
        const auto n = static_cast<std::uint32_t>(i);
        BOOST_TEST(waited.count() >= policy.delay(n, 0).count());
        BOOST_TEST(waited.count() <= policy.delay(n, ~std::uint64_t{0}).count());
    }
    Failing again{policy, [](auto, auto&) { throw std::runtime_error{"down"}; }};
    again.run();
    check_moments(again, failing.moments); // the same seed, the same jitter
}

BOOST_AUTO_TEST_CASE(R1_a_step_that_succeeds_in_the_end_gives_up_nothing) {
    Failing failing{test::every(1s, 5), [](std::uint32_t attempt, auto&) {
                        if (attempt < 4) {
                            throw std::runtime_error{"down"};
                        }
                    }};
    failing.run();
    check_moments(failing, {0s, 1s, 2s, 3s});
    BOOST_TEST(failing.given_up.empty());
    const bus::AgentStatus status = failing.bus.status().front();
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.failures == 3U);
    BOOST_TEST(status.dead == 0U);
}

BOOST_AUTO_TEST_CASE(R2_throttled_overrides_the_computed_delay_and_counts) {
    Failing failing{test::every(1s, 3), [](std::uint32_t attempt, auto&) {
                        throw bus::Failure::throttled("slow down", attempt == 1 ? 90s : 7us);
                    }};
    failing.run();
    check_moments(failing, {0s, 90s, 90s + 7us});
    BOOST_TEST(failing.given_up.size() == 1U);
}

BOOST_AUTO_TEST_CASE(R2_throttled_past_the_end_of_the_clock_waits_for_ever) {
    for (const bus::Duration wait : {bus::Duration::max(), bus::Duration::max() - 1us}) {
        Failing failing{test::every(1s, 3),
                        [&](auto, auto&) { throw bus::Failure::throttled("never", wait); }};
        failing.run();
        failing.runtime->run_for(std::chrono::hours{24 * 365 * 1000});
        check_moments(failing, {0s});
        BOOST_TEST(failing.given_up.empty());
        BOOST_TEST(failing.bus.status().front().retrying == 1U);
    }
}

BOOST_AUTO_TEST_CASE(R2_not_ready_waits_until_its_time_and_does_not_count) {
    Failing failing{test::every(1s, 2), [](std::uint32_t, bus::Context& context) {
                        const auto hour = bus::Timestamp{1'735'689'600s + 1h};
                        if (context.now() < hour + 10h) {
                            throw bus::Failure::not_ready("no figures yet", context.now() + 1h);
                        }
                        throw std::runtime_error{"down"};
                    }};
    failing.run();
    BOOST_TEST_REQUIRE(failing.moments.size() == 13U); // eleven that waited, two that counted
    BOOST_TEST((failing.moments[11] == 11h));
    BOOST_TEST((failing.moments[12] == 11h + 1s));
    BOOST_TEST(failing.bus.status().front().failures == 2U);
}

BOOST_AUTO_TEST_CASE(R2_not_ready_until_a_time_that_has_passed_is_tried_at_once) {
    Failing failing{test::every(1s, 2), [](std::uint32_t attempt, bus::Context& context) {
                        if (attempt == 1) {
                            throw bus::Failure::not_ready("a moment", context.now() - 1h);
                        }
                    }};
    failing.run();
    check_moments(failing, {0s, 0s});
}

BOOST_AUTO_TEST_CASE(R2_rejected_and_poison_are_given_up_at_once) {
    for (const auto& failure : {bus::Failure::rejected("never"), bus::Failure::poison("garbled")}) {
        Failing failing{test::every(1s, 9), [&](auto, auto&) { throw failure; }};
        failing.run();
        check_moments(failing, {0s});
        BOOST_TEST_REQUIRE(failing.given_up.size() == 1U);
        BOOST_TEST(failing.given_up.front() == failure.what());
    }
}

BOOST_AUTO_TEST_CASE(what_a_step_throws_decides_whether_it_is_tried_again) {
    const auto attempts_of = [](const Failing::Script& script) {
        Failing failing{test::every(1s, 3), script};
        failing.run();
        return failing.moments.size();
    };
    BOOST_TEST(attempts_of([](auto, auto&) { throw std::runtime_error{"x"}; }) == 3U);
    BOOST_TEST(attempts_of([](auto, auto&) { throw std::bad_alloc{}; }) == 3U);
    BOOST_TEST(attempts_of([](auto, auto&) { throw std::logic_error{"x"}; }) == 1U);
    BOOST_TEST(attempts_of([](auto, auto&) { throw 42; }) == 1U); // NOLINT
}

BOOST_AUTO_TEST_CASE(A13_a_failing_agent_does_not_take_another_one_down) {
    Failing failing{test::every(1s, 1), [](auto, auto&) { throw std::runtime_error{"down"}; }};
    int handled = 0;
    auto other = scripted("other");
    other->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
    failing.bus.add(std::move(other));
    bus::Observers observers{failing.bus};
    std::vector<std::string> seen;
    observers.failed.connect([&](const auto&, std::string_view by, const bus::Failure& failure) {
        seen.push_back("failed " + std::string{by} + ": " + failure.what());
    });
    observers.dead_lettered.connect([&](const auto&, std::string_view agent, const bus::Failure&) {
        seen.push_back("dead " + std::string{agent});
    });
    failing.run();
    BOOST_TEST(handled == 1);
    const std::vector<std::string> expected{"failed failing: down", "dead failing"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_given_up_that_throws_is_reported_and_the_agent_goes_on) {
    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    bus::Observers observers{bus};
    std::vector<std::string> failures;
    observers.failed.connect([&](const auto&, std::string_view, const bus::Failure& failure) {
        failures.emplace_back(failure.what());
    });
    auto agent = scripted("clumsy");
    agent->handles<PingEvent>([](const PingEvent& event, bus::Context&) {
        if (event.number == 1) {
            throw bus::Failure::rejected("never");
        }
    });
    agent->gives_up_with<>([](const bus::DomainEvent&, const bus::Failure&, bus::Context&) {
        throw std::runtime_error{"tripped"};
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    bus.publish(ping("x", 2));
    runtime->run_until_idle();
    const std::vector<std::string> expected{"never", "tripped"};
    BOOST_TEST(failures == expected, boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().finished == 1U);
    BOOST_TEST(bus.status().front().dead == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
