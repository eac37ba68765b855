// Timers of agents: A9, and A13 for timers.
#include "test/libbus/bus/agent/solo.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

/// An agent that runs a script for each ping; its pongs are noted with their moments.
struct TimersWorld {
    using Script = std::function<void(const PingEvent&, bus::Context&)>;

    void run(Script script) {
        auto agent = scripted("clock");
        agent->settings().retry = test::every(1s, 2);
        agent->handles<PingEvent, PongEvent>(std::move(script));
        bus.add(std::move(agent));
    }

    [[nodiscard]] std::vector<std::int64_t> numbers() const {
        std::vector<std::int64_t> result;
        for (const PongEvent& event : fired) {
            result.push_back(event.number);
        }
        return result;
    }

    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Timestamp start = runtime->now();
    bus::Bus bus{{runtime, nullptr}};
    std::vector<PongEvent> fired;
    std::vector<bus::Duration> moments;
    bus::Subscription handler = bus.subscribe<PongEvent>([this](const PongEvent& event) {
        fired.push_back(event);
        moments.push_back(runtime->now() - start);
    });
};

using Numbers = std::vector<std::int64_t>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(timers, TimersWorld)

BOOST_AUTO_TEST_CASE(A9_timers_fire_in_order_of_due_time_then_in_order_of_scheduling) {
    run([](const PingEvent&, bus::Context& context) {
        context.schedule(30ms, pong("x", 5));
        context.schedule(10ms, pong("x", 1));
        context.schedule(20ms, pong("x", 2));
        context.schedule(20ms, pong("x", 3));
        context.schedule(20ms, pong("x", 4));
    });
    bus.publish(ping("x"));
    runtime->run_for(20ms);
    BOOST_TEST(numbers() == (Numbers{1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().timers == 1U);
    BOOST_TEST(bus.idle());
    runtime->run_until_idle();
    BOOST_TEST(numbers() == (Numbers{1, 2, 3, 4, 5}), boost::test_tools::per_element());
    BOOST_TEST((moments[0] == 10ms));
    BOOST_TEST((moments[4] == 30ms));
}

BOOST_AUTO_TEST_CASE(A9_zero_and_negative_delays_run_at_once_in_order_of_scheduling) {
    run([](const PingEvent&, bus::Context& context) {
        context.schedule(0us, pong("x", 1));
        context.schedule(-1h, pong("x", 2));
        context.schedule(bus::Duration::min(), pong("x", 3));
        context.schedule(bus::Duration::max(), pong("x", 4)); // never fires, and is harmless
    });
    bus.publish(ping("x"));
    BOOST_TEST(bus.wait_idle(1s));
    BOOST_TEST(numbers() == (Numbers{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST((moments[2] == 0us));
    BOOST_TEST(bus.status().front().timers == 1U);
}

BOOST_AUTO_TEST_CASE(A9_a_cancelled_timer_never_fires) {
    bus::TimerHandle kept;
    run([&](const PingEvent& event, bus::Context& context) {
        switch (event.number) {
        case 1: {
            kept = context.schedule(10ms, pong("x", 1));
            context.schedule(10ms, pong("x", 2));
            const bus::TimerHandle own = context.schedule(0us, pong("x", 3));
            context.cancel(own);
            break;
        }
        case 2: context.cancel(kept); break;
        default: context.cancel({}); break;
        }
    });
    bus.publish(ping("x", 1));
    runtime->run_for(5ms);
    bus.publish(ping("x", 2));
    bus.publish(ping("x", 2)); // to cancel a second time is harmless
    bus.publish(ping("x", 3));
    runtime->run_until_idle();
    BOOST_TEST(numbers() == (Numbers{2}), boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().timers == 0U);
}

BOOST_AUTO_TEST_CASE(A9_a_step_that_throws_has_started_and_cancelled_no_timer) {
    bus::TimerHandle kept;
    run([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 1) {
            kept = context.schedule(10ms, pong("x", 1));
            return;
        }
        context.cancel(kept);
        context.schedule(1ms, pong("x", 2));
        throw std::runtime_error{"no"};
    });
    bus.publish(ping("x", 1));
    bus.publish(ping("x", 2));
    runtime->run_until_idle();
    BOOST_TEST(numbers() == (Numbers{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A9_what_a_timer_publishes_is_stamped_and_declared_as_an_emission) {
    std::string refused;
    run([&](const PingEvent&, bus::Context& context) {
        context.schedule(1ms, pong("x"));
        try {
            context.schedule(1ms, ping("undeclared"));
        } catch (const std::logic_error& error) {
            refused = error.what();
        }
    });
    PingEvent cause = ping("x");
    cause.execution_id = "exec-1";
    cause.user_id = "user-1";
    bus.publish(cause);
    runtime->run_until_idle();
    BOOST_TEST_REQUIRE(fired.size() == 1U);
    BOOST_TEST(fired.front().execution_id == "exec-1");
    BOOST_TEST(fired.front().user_id == "user-1");
    BOOST_TEST((fired.front().causation_id == cause.event_id));
    BOOST_TEST(refused.find("clock emits PingEvent") != refused.npos);
}

BOOST_AUTO_TEST_CASE(A9_stopping_drops_timers_that_are_not_due_and_counts_them) {
    run([](const PingEvent&, bus::Context& context) {
        context.schedule(0us, pong("x", 1));
        context.schedule(1h, pong("x", 2));
        context.schedule(2h, pong("x", 3));
    });
    bus.publish(ping("x"));
    const bus::StopReport report = bus.stop(bus::Stop::drain, 10s);
    BOOST_TEST(report.drained);
    BOOST_TEST(bus.status().front().timers == 2U);
    runtime->run_until_idle();
    BOOST_TEST(numbers() == (Numbers{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A13_what_goes_wrong_in_a_timer_is_reported_and_the_next_one_fires) {
    auto timers = std::vector<int>{};
    std::string trouble;
    const auto due = std::make_shared<bus::Timers>(
        *runtime,
        [&](const auto& event) {
            timers.push_back(static_cast<int>(static_cast<const PongEvent&>(*event).number));
            if (timers.size() == 1) {
                throw std::runtime_error{"tripped"};
            }
        },
        [&](const char* what) { trouble = what; }, [] {});
    due->start(due->reserve(), 1ms, std::make_shared<const PongEvent>(pong("x", 1)));
    due->start(due->reserve(), 1ms, std::make_shared<const PongEvent>(pong("x", 2)));
    runtime->run_until_idle();
    BOOST_TEST(timers == (std::vector<int>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(trouble == "tripped");
}

BOOST_AUTO_TEST_CASE(A9_timers_set_and_cancelled_from_threads_fire_once_or_never) {
    constexpr int each = 500;
    bus::SystemRuntime threads;
    std::atomic<int> fired_count{0};
    const auto due = std::make_shared<bus::Timers>(
        threads, [&](const auto&) { ++fired_count; }, [](const char*) {}, [] {});
    std::atomic<int> cancelled{0};
    std::vector<std::thread> setters;
    for (int t = 0; t < 3; ++t) {
        setters.emplace_back([&] {
            const auto event = std::make_shared<const PongEvent>(pong("x"));
            for (int i = 0; i < each; ++i) {
                const bus::TimerHandle handle = due->reserve();
                due->start(handle, std::chrono::microseconds{i % 50}, event);
                if (i % 2 == 0) {
                    cancelled += due->cancel(handle) ? 1 : 0;
                }
            }
        });
    }
    for (std::thread& setter : setters) {
        setter.join();
    }
    while (due->pending() > 0 || !due->idle()) {
        std::this_thread::yield();
    }
    due->stop();
    BOOST_TEST(fired_count + cancelled == 3 * each);
}

BOOST_AUTO_TEST_SUITE_END()
