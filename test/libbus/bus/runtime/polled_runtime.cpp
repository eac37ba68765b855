// A10: a host that drives everything from its own loop.
#include "test/libbus/bus/runtime/waited.hpp"

#include "worlds.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using bus::PolledRuntime;
using test::Waited;

namespace {

void in_another_thread(const std::function<void()>& task) {
    std::thread{task}.join();
}

} // namespace

BOOST_AUTO_TEST_SUITE(polled_runtime)

BOOST_AUTO_TEST_CASE(A10_nothing_runs_unless_the_host_polls) {
    PolledRuntime runtime;
    int ran = 0;
    runtime.pool().post([&] { ++ran; });
    runtime.schedule(-1s, [&] { ++ran; });
    const auto executor = runtime.dedicated("writer");
    executor->post([&] { ++ran; });
    BOOST_TEST(ran == 0);
    BOOST_TEST(runtime.poll() == 3U);
    BOOST_TEST(ran == 3);
    BOOST_TEST(runtime.poll() == 0U);
}

BOOST_AUTO_TEST_CASE(A10_a_poll_runs_what_its_tasks_post_and_no_more_than_its_limit) {
    PolledRuntime runtime;
    std::vector<int> order;
    runtime.pool().post([&] {
        order.push_back(1);
        runtime.pool().post([&] { order.push_back(3); });
    });
    runtime.pool().post([&] { order.push_back(2); });
    BOOST_TEST(runtime.poll(0) == 0U);
    BOOST_TEST(runtime.poll(1) == 1U);
    BOOST_TEST(order.size() == 1U);
    BOOST_TEST(runtime.poll() == 2U);
    const std::vector<int> expected{1, 2, 3};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A10_next_due_says_when_to_poll_again) {
    PolledRuntime runtime;
    using Clock = PolledRuntime::Clock;
    BOOST_TEST(!runtime.next_due().has_value());
    runtime.schedule(bus::Duration::max(), [] {});
    BOOST_TEST(!runtime.next_due().has_value());
    const auto before = Clock::now();
    const auto timer = runtime.schedule(1h, [] {});
    BOOST_TEST((runtime.next_due() >= before + 1h - 1us));
    BOOST_TEST((runtime.next_due() <= Clock::now() + 1h + 1us));
    runtime.pool().post([] {});
    const auto due = runtime.next_due();
    BOOST_TEST((due <= Clock::now()));
    runtime.poll();
    BOOST_TEST((runtime.next_due() >= before + 1h - 1us));
    runtime.cancel(timer);
    BOOST_TEST(!runtime.next_due().has_value());
}

BOOST_AUTO_TEST_CASE(A10_wake_is_called_once_until_the_next_poll) {
    std::atomic<int> woken{0};
    PolledRuntime runtime{[&] { ++woken; }};
    in_another_thread([&] {
        for (int i = 0; i < 5; ++i) {
            runtime.pool().post([] {});
        }
    });
    BOOST_TEST(woken == 1);
    runtime.poll();
    BOOST_TEST(woken == 1);
    runtime.pool().post([] {});
    BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(A10_wake_is_called_for_a_timer_that_is_due_before_all_others) {
    int woken = 0;
    PolledRuntime runtime{[&] { ++woken; }};
    runtime.schedule(1h, [] {});
    BOOST_TEST(woken == 1);
    runtime.poll();
    runtime.schedule(2h, [] {});
    BOOST_TEST(woken == 1);
    runtime.schedule(1min, [] {});
    BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(A10_wake_is_called_when_no_timer_is_left) {
    int woken = 0;
    PolledRuntime runtime{[&] { ++woken; }};
    runtime.schedule(bus::Duration::max(), [] {}); // never fires
    runtime.poll();
    const auto first = runtime.schedule(1h, [] {});
    const auto second = runtime.schedule(2h, [] {});
    runtime.poll();
    BOOST_TEST(woken == 1);
    runtime.cancel(first);
    BOOST_TEST(woken == 1);
    runtime.cancel(second);
    BOOST_TEST(woken == 2);
    runtime.poll();
    runtime.cancel(second); // it is gone
    BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(A10_a_poll_that_leaves_something_calls_wake_and_its_own_tasks_do_not) {
    int woken = 0;
    PolledRuntime runtime{[&] { ++woken; }};
    runtime.pool().post([&] {
        runtime.pool().post([] {});
        runtime.schedule(0us, [] {});
    });
    BOOST_TEST(woken == 1);
    BOOST_TEST(runtime.poll(1) == 1U);
    BOOST_TEST(woken == 2); // two are left
    BOOST_TEST(runtime.poll() == 2U);
    BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(a_second_thread_that_polls_at_the_same_time_gets_an_error) {
    PolledRuntime runtime;
    bool refused = false;
    runtime.pool().post([&] {
        BOOST_TEST(runtime.poll() == 0U); // the same thread may poll
        in_another_thread([&] {
            try {
                runtime.poll();
            } catch (const std::logic_error& error) {
                refused = std::string_view{error.what()}.find("another thread is polling") !=
                          std::string_view::npos;
            }
        });
    });
    BOOST_TEST(runtime.poll() == 1U);
    BOOST_TEST(refused);
    int ran = 0;
    runtime.pool().post([&] { ++ran; });
    in_another_thread([&] { runtime.poll(); }); // later, another thread may poll
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(A10_waiting_on_the_polling_thread_runs_tasks_and_timers) {
    PolledRuntime runtime;
    runtime.poll();
    Waited waited;
    std::vector<int> order;
    runtime.pool().post([&] {
        order.push_back(1);
        runtime.schedule(2ms, [&] {
            order.push_back(3);
            waited.finish();
        });
    });
    runtime.pool().post([&] { order.push_back(2); });
    BOOST_TEST(waited.wait(runtime));
    const std::vector<int> expected{1, 2, 3};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A10_a_task_may_wait_for_another_one) {
    PolledRuntime runtime;
    Waited waited;
    bool seen = false;
    runtime.pool().post([&] { seen = waited.wait(runtime); });
    runtime.pool().post([&] { waited.finish(); });
    BOOST_TEST(runtime.poll() == 1U); // the second one ran within the first
    BOOST_TEST(seen);
}

BOOST_AUTO_TEST_CASE(tasks_of_a_dedicated_executor_do_not_run_inside_each_other) {
    PolledRuntime runtime;
    Waited waited;
    const auto executor = runtime.dedicated("writer");
    std::vector<int> order;
    executor->post([&] {
        waited.wait(runtime);
        order.push_back(1);
    });
    executor->post([&] { order.push_back(2); });
    runtime.pool().post([&] { waited.finish(); });
    runtime.poll();
    const std::vector<int> expected{1, 2};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A10_a_thread_that_waits_is_woken_by_a_post_from_another) {
    // In each round, the post may come just when the waiting thread falls asleep.
    PolledRuntime runtime;
    runtime.poll();
    for (int round = 0; round < 500; ++round) {
        Waited waited;
        std::thread posts{[&] {
            for (int i = 0; i < round % 50; ++i) {
                std::this_thread::yield();
            }
            // Holds the mutex, as the bus may do. Waking the other thread must not need it.
            const std::lock_guard lock{waited.mutex};
            runtime.pool().post([&] { waited.finish(); });
        }};
        BOOST_TEST(waited.wait(runtime));
        posts.join();
    }
}

BOOST_AUTO_TEST_CASE(A10_another_thread_that_waits_runs_nothing) {
    PolledRuntime runtime;
    runtime.poll();
    Waited waited;
    std::thread::id ran_on;
    bool seen = false;
    std::thread waits{[&] { seen = waited.wait(runtime); }};
    runtime.pool().post([&] {
        ran_on = std::this_thread::get_id();
        waited.finish();
    });
    bool timed_out = false;
    in_another_thread([&] { timed_out = !Waited{}.wait(runtime, 5ms); });
    BOOST_TEST(timed_out);
    BOOST_TEST((ran_on == std::thread::id{}));
    runtime.poll();
    waits.join();
    BOOST_TEST(seen);
    BOOST_TEST((ran_on == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(A10_each_thread_of_the_loop_that_waits_runs_tasks) {
    thread_local bool loops = false;
    PolledRuntime runtime{{}, [] { return loops; }};
    runtime.poll(); // by a thread that is not said to be in the loop
    for (const bool in_loop : {false, true}) {
        Waited waited;
        runtime.pool().post([&] { waited.finish(); });
        bool seen = false;
        in_another_thread([&] {
            loops = in_loop;
            seen = waited.wait(runtime, in_loop ? std::optional<bus::Duration>{} : 5ms);
        });
        BOOST_TEST(seen == in_loop);
        runtime.poll();
    }
    Waited own;
    runtime.pool().post([&] { own.finish(); });
    BOOST_TEST(own.wait(runtime)); // the thread that polled last goes on to run them
}

BOOST_AUTO_TEST_CASE(before_the_first_poll_threads_that_wait_run_tasks_in_turns) {
    PolledRuntime runtime;
    constexpr int threads = 4;
    constexpr int rounds = 300;
    int ran = 0; // no atomic: one thread at a time runs tasks
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                Waited waited;
                runtime.pool().post([&] {
                    ++ran;
                    waited.finish();
                });
                if (!waited.wait(runtime)) {
                    return;
                }
            }
        });
    }
    for (std::thread& thread : all) {
        thread.join();
    }
    BOOST_TEST(ran == threads * rounds);
}

BOOST_AUTO_TEST_CASE(once_the_polling_thread_has_ended_others_that_wait_run_tasks) {
    PolledRuntime runtime;
    in_another_thread([&] { runtime.poll(); });
    Waited waited;
    runtime.pool().post([&] { waited.finish(); });
    BOOST_TEST(waited.wait(runtime));
}

BOOST_AUTO_TEST_CASE(the_first_poll_takes_over_from_a_thread_that_waits) {
    std::atomic<int> woken{0};
    PolledRuntime runtime{[&] { ++woken; }};
    std::latch entered{1};
    std::latch may_leave{1};
    Waited waited;
    std::thread::id second_ran_on;
    runtime.pool().post([&] {
        entered.count_down();
        may_leave.wait();
    });
    bool seen = false;
    std::thread waits{[&] { seen = waited.wait(runtime); }};
    entered.wait();
    runtime.pool().post([&] {
        second_ran_on = std::this_thread::get_id();
        waited.finish();
    });
    BOOST_TEST(runtime.poll() == 0U); // the other thread is polling
    const int before = woken;
    may_leave.count_down();
    while (woken == before) {
        std::this_thread::yield(); // it says when it has stopped
    }
    BOOST_TEST(runtime.poll() == 1U);
    waits.join();
    BOOST_TEST(seen);
    BOOST_TEST((second_ran_on == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(tasks_and_due_timers_take_turns) {
    PolledRuntime runtime;
    int timers = 0;
    int tasks = 0;
    std::function<void()> timer = [&] {
        if (++timers < 1000) {
            runtime.schedule(0us, timer);
        }
    };
    std::function<void()> task = [&] {
        if (++tasks < 1000) {
            runtime.pool().post(task);
        }
    };
    runtime.schedule(0us, timer);
    runtime.pool().post(task);
    runtime.poll(100);
    BOOST_TEST(timers == 50);
    BOOST_TEST(tasks == 50);
}

BOOST_AUTO_TEST_CASE(the_end_drops_tasks_and_timers_which_may_use_the_runtime_while_destroyed) {
    int ran = 0;
    int gone = 0;
    {
        PolledRuntime runtime{[] {}};
        const auto leaves = [&] {
            return std::shared_ptr<int>{&gone, [&](int* count) {
                                            ++*count;
                                            runtime.pool().post([&] { ++ran; });
                                            runtime.cancel(1);
                                        }};
        };
        runtime.schedule(1h, [&, held = leaves()] { ++ran; });
        runtime.pool().post([&, held = leaves()] { ++ran; });
        runtime.dedicated("unused");
    }
    BOOST_TEST(ran == 0);
    BOOST_TEST(gone == 2);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_dedicated_executor_runs_what_is_queued_and_waits) {
    PolledRuntime runtime;
    auto executor = runtime.dedicated("writer");
    std::latch entered{1};
    std::latch may_leave{1};
    std::vector<int> order; // no lock: the executor alone keeps it whole
    executor->post([&] {
        entered.count_down();
        may_leave.wait();
        order.push_back(1);
    });
    executor->post([&] { order.push_back(2); });
    std::thread polls{[&] { runtime.poll(); }};
    entered.wait();
    std::thread opens{[&] { may_leave.count_down(); }};
    executor.reset();
    BOOST_TEST(order.size() == 2U);
    polls.join();
    opens.join();
}

BOOST_AUTO_TEST_SUITE_END()
