#include "test/support/bus_events.hpp"
#include <bus/event/domain_event.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using bus::SimulatedRuntime;

namespace {

/// The order in which twenty tasks of the pool run under a seed.
std::vector<int> order_under(std::uint64_t seed) {
    SimulatedRuntime runtime{seed};
    std::vector<int> order;
    for (int i = 0; i < 20; ++i) {
        runtime.pool().post([&order, i] { order.push_back(i); });
    }
    runtime.run_ready();
    return order;
}

std::vector<int> one_to(int last) {
    std::vector<int> numbers(static_cast<std::size_t>(last));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(simulated_runtime)

BOOST_AUTO_TEST_CASE(the_clock_stands_still_while_tasks_run) {
    SimulatedRuntime runtime;
    const bus::Timestamp start = runtime.now();
    BOOST_TEST((start == bus::Timestamp{1'735'689'600s}));
    runtime.pool().post([] {});
    BOOST_TEST(runtime.run_one());
    BOOST_TEST(!runtime.run_one());
    runtime.linger(std::chrono::hours{1000});
    BOOST_TEST((runtime.now() == start));
}

BOOST_AUTO_TEST_CASE(timers_fire_in_order_of_due_time_then_in_order_of_scheduling) {
    SimulatedRuntime runtime;
    std::vector<int> fired;
    runtime.schedule(20ms, [&] { fired.push_back(3); });
    runtime.schedule(10ms, [&] { fired.push_back(1); });
    runtime.schedule(10ms, [&] { fired.push_back(2); });
    const bus::Timestamp start = runtime.now();
    runtime.run_until_idle();
    BOOST_TEST(fired == one_to(3), boost::test_tools::per_element());
    BOOST_TEST((runtime.now() - start == 20ms));
}

BOOST_AUTO_TEST_CASE(A9_zero_and_negative_delays_run_at_once) {
    SimulatedRuntime runtime;
    const bus::Timestamp start = runtime.now();
    int fired = 0;
    runtime.schedule(0us, [&] { ++fired; });
    runtime.schedule(-5s, [&] { ++fired; });
    runtime.run_for(0us);
    BOOST_TEST(fired == 2);
    BOOST_TEST((runtime.now() == start));
}

BOOST_AUTO_TEST_CASE(A9_a_cancelled_timer_never_fires_and_a_fired_one_cannot_be_cancelled) {
    SimulatedRuntime runtime;
    int fired = 0;
    const auto kept = runtime.schedule(1ms, [&] { ++fired; });
    const auto cancelled = runtime.schedule(1ms, [&] { fired += 100; });
    BOOST_TEST(runtime.cancel(cancelled));
    BOOST_TEST(!runtime.cancel(cancelled));
    runtime.run_until_idle();
    BOOST_TEST(fired == 1);
    BOOST_TEST(!runtime.cancel(kept));
}

BOOST_AUTO_TEST_CASE(run_for_stops_the_clock_exactly_at_its_end) {
    SimulatedRuntime runtime;
    const bus::Timestamp start = runtime.now();
    int fired = 0;
    runtime.schedule(1s, [&] { ++fired; });
    runtime.schedule(1s + 1us, [&] { ++fired; });
    runtime.run_for(1s);
    BOOST_TEST(fired == 1);
    BOOST_TEST((runtime.now() - start == 1s));
}

BOOST_AUTO_TEST_CASE(a_timer_may_schedule_the_next_one) {
    SimulatedRuntime runtime;
    int ticks = 0;
    std::function<void()> tick = [&] {
        if (++ticks < 1000) {
            runtime.schedule(1min, tick);
        }
    };
    runtime.schedule(1min, tick);
    const bus::Timestamp start = runtime.now();
    runtime.run_until_idle();
    BOOST_TEST(ticks == 1000);
    BOOST_TEST((runtime.now() - start == 1000min));
}

BOOST_AUTO_TEST_CASE(a_dedicated_executor_keeps_its_order_whatever_the_seed) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SimulatedRuntime runtime{seed};
        const auto thread = runtime.dedicated("writer");
        std::vector<int> order;
        for (int i = 1; i <= 10; ++i) {
            thread->post([&order, i] { order.push_back(i); });
            runtime.pool().post([] {});
        }
        runtime.run_ready();
        BOOST_TEST(order == one_to(10), boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(destroying_a_dedicated_executor_runs_what_is_queued) {
    SimulatedRuntime runtime;
    auto thread = runtime.dedicated("writer");
    int ran = 0;
    thread->post([&] { ++ran; });
    thread->post([&] { ++ran; });
    thread.reset();
    BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_order_and_another_seed_another_order) {
    BOOST_TEST(order_under(7) == order_under(7), boost::test_tools::per_element());
    BOOST_TEST((order_under(7) != order_under(8)));
    SimulatedRuntime a{7};
    SimulatedRuntime b{7};
    BOOST_TEST(a.random() == b.random());
}

BOOST_AUTO_TEST_CASE(twenty_seeds_give_twenty_orders_of_pool_and_dedicated_tasks_and_timers) {
    const auto run = [](std::uint64_t seed) {
        SimulatedRuntime runtime{seed};
        const auto writer = runtime.dedicated("writer");
        std::string order;
        for (int i = 0; i < 10; ++i) {
            runtime.pool().post([&] { order += 'p'; });
            writer->post([&] {
                order += 'w';
                runtime.pool().post([&] { order += 'q'; });
            });
            runtime.schedule(bus::Duration{runtime.random() % 100}, [&, i] {
                order += static_cast<char>('0' + i);
                runtime.pool().post([&] { order += 't'; });
            });
        }
        runtime.run_until_idle();
        return order;
    };
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        orders.insert(run(seed));
        BOOST_TEST(run(seed) == run(seed));
    }
    BOOST_TEST(orders.size() == 20U);
}

BOOST_AUTO_TEST_CASE(the_clock_has_an_end_that_no_delay_goes_past) {
    SimulatedRuntime runtime;
    std::mutex mutex;
    std::condition_variable changed;
    int fired = 0;
    runtime.schedule(bus::Duration::max(), [&] { ++fired; });
    std::unique_lock lock{mutex};
    BOOST_CHECK_THROW(runtime.wait(lock, changed, [&] { return fired > 0; }, {}), std::logic_error);
    BOOST_TEST(runtime.run_until_idle(bus::Duration::max()) == 0U);
    runtime.run_for(bus::Duration::max());
    BOOST_TEST((runtime.now() == bus::Timestamp::max()));
    runtime.schedule(1s, [&] { ++fired; });
    runtime.run_for(1s);
    BOOST_TEST(fired == 0);
}

BOOST_AUTO_TEST_CASE(waiting_runs_tasks_and_then_moves_the_time_to_the_next_timer) {
    SimulatedRuntime runtime;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    const bus::Timestamp start = runtime.now();
    runtime.schedule(1h, [&] { runtime.pool().post([&] { done = true; }); });
    std::unique_lock lock{mutex};
    BOOST_TEST(runtime.wait(lock, changed, [&] { return done; }, {}));
    BOOST_TEST(lock.owns_lock());
    BOOST_TEST((runtime.now() - start == 1h));
}

BOOST_AUTO_TEST_CASE(waiting_with_a_timeout_ends_at_it) {
    SimulatedRuntime runtime;
    std::mutex mutex;
    std::condition_variable changed;
    const bus::Timestamp start = runtime.now();
    runtime.schedule(1h, [] {});
    std::unique_lock lock{mutex};
    BOOST_TEST(!runtime.wait(
        lock, changed, [] { return false; }, 1min));
    BOOST_TEST((runtime.now() - start == 1min));
}

BOOST_AUTO_TEST_CASE(pass_advances_the_time_and_timers_that_come_due_meanwhile_are_late) {
    SimulatedRuntime runtime;
    const bus::Timestamp start = runtime.now();
    std::vector<bus::Duration> ran;
    runtime.schedule(1s, [&] { ran.push_back(runtime.now() - start); });
    runtime.schedule(3s, [&] { ran.push_back(runtime.now() - start); });
    runtime.pass(2s);
    BOOST_TEST((runtime.now() - start == 2s));
    BOOST_TEST(ran.empty());
    runtime.run_until_idle();
    BOOST_TEST((ran == std::vector<bus::Duration>{2s, 3s}));
}

BOOST_AUTO_TEST_CASE(waiting_ends_when_its_time_is_over_even_if_there_is_always_a_task) {
    bus::SimulatedRuntime runtime;
    int ran = 0;
    std::function<void()> task = [&] {
        ++ran;
        runtime.pass(1s);
        runtime.pool().post(task);
    };
    runtime.pool().post(task);
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable changed;
    BOOST_TEST(!runtime.wait(
        lock, changed, [] { return false; }, 3s));
    BOOST_TEST(ran == 4); // the last of them began in time
}

BOOST_AUTO_TEST_CASE(waiting_for_what_can_never_happen_is_an_error) {
    SimulatedRuntime runtime;
    std::mutex mutex;
    std::condition_variable changed;
    std::unique_lock lock{mutex};
    BOOST_CHECK_THROW(runtime.wait(lock, changed, [] { return false; }, {}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(what_its_tasks_hold_may_use_it_until_the_last_one_is_destroyed) {
    struct Held {
        Held(SimulatedRuntime& on, int& counted, int left)
            : runtime{on}, destroyed{counted}, more{left} {}

        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        ~Held() {
            ++destroyed;
            runtime.cancel(runtime.schedule(1h, [] {}));
            if (more > 0) {
                const auto next = [this] {
                    return std::make_shared<Held>(runtime, destroyed, more - 1);
                };
                runtime.schedule(1h, [held = next()] {});
                runtime.pool().post([held = next()] {});
            }
        }

        SimulatedRuntime& runtime;
        int& destroyed;
        const int more;
    };

    int destroyed = 0;
    {
        SimulatedRuntime runtime{1};
        runtime.schedule(1h, [held = std::make_shared<Held>(runtime, destroyed, 3)] {});
        runtime.pool().post([held = std::make_shared<Held>(runtime, destroyed, 3)] {});
    }
    BOOST_TEST(destroyed == 2 * (1 + 2 + 4 + 8));
}

BOOST_AUTO_TEST_CASE(events_made_in_a_simulation_are_stamped_by_its_clock_and_generator) {
    const auto make = [] {
        SimulatedRuntime runtime{3};
        runtime.run_for(1h);
        return test::ping("a");
    };
    const test::PingEvent event = make();
    BOOST_TEST((event.occurred_at == bus::Timestamp{1'735'689'600s + 1h}));
    BOOST_TEST((event.event_id == make().event_id));
    BOOST_TEST((test::ping("a").event_id != event.event_id));
}

BOOST_AUTO_TEST_CASE(S22_its_wall_clock_can_be_set_and_its_steady_clock_goes_on) {
    bus::SimulatedRuntime runtime;
    const bus::Timestamp wall = runtime.now();
    const bus::SteadyTime steady = runtime.steady_now();
    bool fired = false;
    runtime.schedule(10s, [&] { fired = true; });
    runtime.step_wall_clock(-1h);
    BOOST_TEST((runtime.now() == wall - 1h));
    BOOST_TEST((runtime.steady_now() == steady));
    runtime.run_for(9s);
    BOOST_TEST(!fired);
    runtime.step_wall_clock(2h);
    runtime.run_for(1s);
    BOOST_TEST(fired);
    BOOST_TEST((runtime.now() == wall + 1h + 10s));
    BOOST_TEST((runtime.steady_now() == steady + 10s));
}

BOOST_AUTO_TEST_SUITE_END()
