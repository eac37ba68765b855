// The behaviour of every runtime, no matter what runs its tasks.
#include "worlds.hpp"

#include <boost/mp11/list.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

using namespace std::chrono_literals;

namespace {

using Worlds = boost::mp11::mp_list<test::OneThread, test::ThreeThreads, test::OnHost, test::Polled,
                                    test::Simulated>;

/// Calls `post(i)` for i in 0 to `count`, from several threads if the runtime allows this.
template <class World, class F>
void from_threads(int count, F post) {
    if (!World::many_threads) {
        for (int i = 0; i < count; ++i) {
            post(i);
        }
        return;
    }
    constexpr int posters = 3;
    std::vector<std::thread> threads;
    for (int poster = 0; poster < posters; ++poster) {
        threads.emplace_back([&, poster] {
            for (int i = poster; i < count; i += posters) {
                post(i);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE_TEMPLATE(each_task_runs_once, World, Worlds) {
    constexpr int count = 9000; // more than the pool's ring holds
    std::vector<std::atomic<int>> runs(count);
    std::atomic<int> ran{0};
    World world;
    from_threads<World>(count, [&](int i) {
        world.runtime->pool().post([&, i] {
            ++runs[static_cast<std::size_t>(i)];
            ++ran;
        });
    });
    BOOST_TEST(world.until([&] { return ran == count; }));
    BOOST_TEST(std::all_of(runs.begin(), runs.end(), [](const auto& times) { return times == 1; }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_thread_runs_what_one_thread_posts_in_its_order, World, Worlds) {
    if (!World::in_order) {
        return;
    }
    constexpr int count = 30'000;
    std::vector<std::vector<int>> seen(3); // by poster
    std::atomic<int> ran{0};
    World world;
    from_threads<World>(count, [&](int i) {
        world.runtime->pool().post([&, i] {
            seen[static_cast<std::size_t>(i % 3)].push_back(i);
            ++ran;
        });
    });
    BOOST_TEST(world.until([&] { return ran == count; }));
    for (const std::vector<int>& of_poster : seen) {
        BOOST_TEST(std::is_sorted(of_poster.begin(), of_poster.end()));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_task_never_runs_within_the_post_of_it, World, Worlds) {
    std::atomic<bool> ran{false};
    std::mutex mutex;
    World world;
    {
        const std::lock_guard lock{mutex};
        world.runtime->pool().post([&] {
            const std::lock_guard inner{mutex}; // would hang if the task ran before post returned
            ran = true;
        });
    }
    BOOST_TEST(world.until([&] { return ran.load(); }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tasks_may_post_tasks_and_none_starves, World, Worlds) {
    // Chains that post themselves until each of many other tasks has run.
    std::atomic<int> others{0};
    std::atomic<bool> stop{false};
    std::atomic<int> alive{4};
    World world;
    std::function<void()> chain = [&] {
        if (stop) {
            --alive;
        } else {
            world.runtime->pool().post([&] { chain(); });
        }
    };
    for (int i = 0; i < 4; ++i) {
        world.runtime->pool().post([&] { chain(); });
    }
    for (int i = 0; i < 100; ++i) {
        world.runtime->pool().post([&] { stop = ++others == 100; });
    }
    BOOST_TEST(world.until([&] { return alive == 0; }));
    BOOST_TEST(others == 100);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_zero_and_negative_delays_run_at_once, World, Worlds) {
    std::atomic<int> fired{0};
    World world;
    const bus::Timestamp start = world.runtime->now();
    world.runtime->schedule(0us, [&] { ++fired; });
    world.runtime->schedule(-5s, [&] { ++fired; });
    world.runtime->schedule(bus::Duration::min(), [&] { ++fired; });
    BOOST_TEST(world.until([&] { return fired == 3; }));
    BOOST_TEST((world.runtime->now() - start < 5s));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_timers_fire_by_due_time_then_by_order_of_scheduling, World,
                              Worlds) {
    if (std::is_same_v<World, test::ThreeThreads>) {
        return; // has no order
    }
    std::vector<int> order;
    std::atomic<int> fired{0};
    World world;
    const auto fire = [&](int i) {
        return [&, i] {
            order.push_back(i);
            ++fired;
        };
    };
    const bus::Timestamp begun = world.runtime->now();
    world.runtime->schedule(100ms, fire(4));
    world.runtime->schedule(100ms, fire(5));
    world.runtime->schedule(1ms, fire(0));
    for (int i = 1; i <= 3; ++i) {
        world.runtime->schedule(50ms, fire(i));
    }
    const bool in_time = world.runtime->now() - begun < 40ms; // else this thread stood still
    BOOST_TEST(world.until([&] { return fired == 6; }));
    if (in_time) {
        const std::vector<int> expected{0, 1, 2, 3, 4, 5};
        BOOST_TEST(order == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_a_timer_fires_when_its_delay_is_over_and_not_before, World,
                              Worlds) {
    std::atomic<bool> fired{false};
    bus::Timestamp at;
    World world;
    const bus::Timestamp start = world.runtime->now();
    world.runtime->schedule(20ms, [&] {
        at = world.runtime->now();
        fired = true;
    });
    BOOST_TEST(world.until([&] { return fired.load(); }));
    BOOST_TEST((at - start >= 19ms)); // the wall clock may be adjusted a little meanwhile
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_a_cancelled_timer_never_fires, World, Worlds) {
    std::atomic<int> wrong{0};
    std::atomic<int> fired{0};
    World world;
    const auto cancelled = world.runtime->schedule(5ms, [&] { ++wrong; });
    if (!world.runtime->cancel(cancelled)) {
        return; // this thread stood still for so long that it has fired
    }
    BOOST_TEST(!world.runtime->cancel(cancelled));
    BOOST_TEST(!world.runtime->cancel(cancelled + 1000)); // which was never scheduled
    const auto kept = world.runtime->schedule(10ms, [&] { ++fired; });
    BOOST_TEST(world.until([&] { return fired == 1; }));
    BOOST_TEST(!world.runtime->cancel(kept));
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_a_timer_that_races_with_its_cancel_fires_or_is_cancelled, World,
                              Worlds) {
    constexpr int count = 2000;
    std::vector<std::atomic<int>> fired(count);
    std::vector<int> cancelled(count);
    std::atomic<int> settled{0};
    World world;
    from_threads<World>(count, [&](int i) {
        const auto place = static_cast<std::size_t>(i);
        const auto timer = world.runtime->schedule(bus::Duration{i % 50}, [&, place] {
            ++fired[place];
            ++settled;
        });
        if (world.runtime->cancel(timer)) {
            cancelled[place] = 1;
            ++settled;
        }
    });
    BOOST_TEST(world.until([&] { return settled == count; }));
    bool once = true;
    for (std::size_t i = 0; i < count; ++i) {
        once = once && fired[i] + cancelled[i] == 1;
    }
    BOOST_TEST(once);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_what_a_cancelled_timer_held_is_destroyed_without_a_lock, World,
                              Worlds) {
    World world;
    const auto other = world.runtime->schedule(1h, [] {});
    bool gone = false;
    auto cancels_another = std::shared_ptr<int>(
        static_cast<int*>(nullptr), [&](int* /*nothing*/) { gone = world.runtime->cancel(other); });
    const auto timer = world.runtime->schedule(1h, [held = std::move(cancels_another)] {});
    BOOST_TEST(world.runtime->cancel(timer));
    BOOST_TEST(gone);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(A9_the_longest_delay_never_ends, World, Worlds) {
    std::atomic<int> wrong{0};
    std::atomic<bool> fired{false};
    World world;
    const auto longest = world.runtime->schedule(bus::Duration::max(), [&] { ++wrong; });
    const auto long_one = world.runtime->schedule(bus::Duration::max() / 1000, [&] { ++wrong; });
    world.runtime->schedule(1ms, [&] { fired = true; });
    BOOST_TEST(world.until([&] { return fired.load(); }));
    BOOST_TEST(wrong == 0);
    BOOST_TEST(world.runtime->cancel(longest));
    BOOST_TEST(world.runtime->cancel(long_one));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_dedicated_executor_runs_its_tasks_one_by_one_in_order, World,
                              Worlds) {
    std::vector<int> order; // no lock: the executor alone keeps it whole
    {
        World world;
        const auto executor = world.runtime->dedicated("one");
        for (int i = 0; i < 100; ++i) {
            executor->post([&, i] {
                order.push_back(i);
                if (i % 10 == 0) {
                    executor->post([&, i] { order.push_back(1000 + i); });
                }
            });
            world.runtime->pool().post([] {});
            if (i == 50) {
                world.runtime->poll(10); // some here, the rest at the end of the executor
            }
        }
    }
    BOOST_TEST(order.size() == 110U);
    order.erase(std::remove_if(order.begin(), order.end(), [](int i) { return i >= 1000; }),
                order.end());
    std::vector<int> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(waiting_ends_when_what_is_waited_for_happens, World, Worlds) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    World world;
    std::unique_lock lock{mutex};
    for (const auto timeout : {std::optional<bus::Duration>{}, std::optional{bus::Duration::max()},
                               std::optional<bus::Duration>{1h}}) {
        done = false;
        world.runtime->schedule(1ms, [&] {
            world.runtime->pool().post([&] {
                const std::lock_guard guard{mutex};
                done = true;
                changed.notify_all();
            });
        });
        BOOST_TEST(world.runtime->wait(
            lock, changed, [&] { return done; }, timeout));
        BOOST_TEST(lock.owns_lock());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(waiting_ends_with_its_timeout, World, Worlds) {
    World world;
    std::mutex mutex;
    std::condition_variable changed;
    std::unique_lock lock{mutex};
    const bus::Timestamp start = world.runtime->now();
    for (const auto timeout : {-1h, 0h}) {
        BOOST_TEST(!world.runtime->wait(
            lock, changed, [] { return false; }, timeout));
    }
    BOOST_TEST(!world.runtime->wait(
        lock, changed, [] { return false; }, 20ms));
    BOOST_TEST(lock.owns_lock());
    BOOST_TEST((world.runtime->now() - start >= 19ms));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S22_delays_are_counted_on_the_steady_clock, World, Worlds) {
    World world;
    const bus::SteadyTime start = world.runtime->steady_now();
    std::atomic<std::int64_t> took{0};
    world.runtime->schedule(3ms, [&] { took = (world.runtime->steady_now() - start).count(); });
    BOOST_TEST(world.until([&] { return took != 0; }));
    BOOST_TEST(took >= 3000);
    const bus::ClockReading reading = world.runtime->read_clocks();
    BOOST_TEST((reading.steady >= start + 3ms));
    BOOST_TEST((reading.steady_of(reading.wall + 1h) == reading.steady + 1h));
    BOOST_TEST((reading.wall_of(reading.steady - 1h) == reading.wall - 1h));
    BOOST_TEST((reading.steady_of(bus::Timestamp::max()) == bus::SteadyTime::max()));
    BOOST_TEST((reading.wall_of(bus::SteadyTime::min()) == bus::Timestamp::min()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S22_watchers_of_the_wall_clock_are_notified_when_it_is_set, World,
                              Worlds) {
    World world;
    std::atomic<int> looks{0};
    auto watch = world.runtime->watch_wall_clock([&] { ++looks; });
    if constexpr (requires { world.runtime->step_wall_clock(1h); }) {
        world.runtime->step_wall_clock(1h);
    }
    BOOST_TEST(world.until([&] { return looks > 0; }));
    watch.reset();
    const int before = looks;
    std::atomic<bool> later{false};
    world.runtime->schedule(600ms, [&] { later = true; });
    BOOST_TEST(world.until([&] { return later.load(); }));
    BOOST_TEST(looks == before);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_runtime_that_runs_by_itself_has_nothing_to_poll, World, Worlds) {
    std::atomic<int> ran{0};
    World world;
    for (int i = 0; i < 5; ++i) {
        world.runtime->pool().post([&] { ++ran; });
    }
    world.runtime->schedule(0us, [&] { ++ran; });
    std::size_t polled = world.runtime->poll(2);
    BOOST_TEST(polled == (World::by_itself ? 0U : 2U));
    polled += world.runtime->poll();
    BOOST_TEST(polled == (World::by_itself ? 0U : 6U));
    BOOST_TEST(world.until([&] { return ran == 6; }));
}

BOOST_AUTO_TEST_SUITE_END()
