// The queue of the pool, and the pool: no task is lost or run twice; tasks run in order, without
// allocations.
#include "test/support/allocations.hpp"
#include <bus/runtime/internal/task_queue.hpp>
#include <bus/runtime/internal/thread_pool.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

using bus::internal::TaskQueue;
using bus::internal::ThreadPool;

namespace {

constexpr int ring = static_cast<int>(TaskQueue::ring_size);

/// Runs all that is in the queue.
int drain(TaskQueue& queue) {
    int count = 0;
    while (const auto task = queue.take()) {
        (*task)();
        ++count;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(task_queue)

BOOST_AUTO_TEST_CASE(tasks_leave_in_the_order_in_which_they_came_even_beyond_the_ring) {
    TaskQueue queue;
    std::vector<int> order;
    int next = 0;
    const auto push = [&](int count) {
        for (int i = 0; i < count; ++i) {
            queue.push([&order, number = next] { order.push_back(number); });
            ++next;
        }
    };
    for (const int count : {1, ring - 1, ring, ring + 1, 3 * ring, 7}) {
        push(count);
        for (int i = 0; i < count / 2; ++i) {
            (*queue.take())();
        }
        push(count); // while some wait behind the ring
        BOOST_TEST(!queue.empty());
        drain(queue);
        BOOST_TEST(queue.empty());
    }
    BOOST_TEST(order.size() == static_cast<std::size_t>(next));
    BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(what_a_task_holds_is_destroyed_with_it) {
    TaskQueue queue;
    auto held = std::make_shared<int>(1);
    queue.push([held] {});
    BOOST_TEST(held.use_count() == 2);
    drain(queue);
    BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(many_threads_lose_nothing_and_take_nothing_twice) {
    constexpr int threads = 4;
    constexpr int each = 20'000;
    TaskQueue queue;
    std::vector<std::atomic<int>> runs(threads * each);
    std::atomic<int> ran{0};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                queue.push([&, place = static_cast<std::size_t>(t * each + i)] { ++runs[place]; });
            }
        });
        all.emplace_back([&] {
            while (ran < threads * each) {
                if (const auto task = queue.take()) {
                    (*task)();
                    ++ran;
                } else {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (std::thread& thread : all) {
        thread.join();
    }
    BOOST_TEST(std::all_of(runs.begin(), runs.end(), [](const auto& times) { return times == 1; }));
    BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(a_post_that_holds_a_pointer_allocates_nothing_in_either_thread) {
    struct Counter {
        std::atomic<int> ran{0};
        std::size_t first = 0; // allocations of the thread of the pool
        std::size_t last = 0;

        void run() {
            last = test::allocations();
            if (ran == 0) {
                first = last;
            }
            ++ran;
        }
    };

    constexpr int count = 10'000;
    Counter counter;
    ThreadPool pool{1};
    std::latch begun{1};
    pool.post([&begun] { begun.count_down(); }); // starts the thread
    begun.wait();
    const std::size_t before = test::allocations();
    for (int i = 1; i <= count; ++i) {
        pool.post([counter = &counter] { counter->run(); });
        while (counter.ran < i - 100) {
            std::this_thread::yield();
        }
    }
    BOOST_TEST(test::allocations() - before == 0U);
    while (counter.ran < count) {
        std::this_thread::yield();
    }
    BOOST_TEST(counter.last - counter.first == 0U);
}

BOOST_AUTO_TEST_CASE(a_sleeping_pool_wakes_for_each_task) {
    // One task at a time, so that the pool sleeps, or is about to sleep, whenever a task comes.
    constexpr int rounds = 20'000;
    ThreadPool pool{3};
    for (int i = 0; i < rounds; ++i) {
        std::atomic<bool> ran{false};
        auto* const flag = &ran;
        pool.post([flag] { *flag = true; });
        while (!ran) {
            std::this_thread::yield();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_burst_wakes_as_many_threads_as_it_needs) {
    for (int round = 0; round < 200; ++round) {
        std::latch together{3}; // opens only if three tasks run at the same time
        ThreadPool pool{3};
        for (int i = 0; i < 3; ++i) {
            pool.post([&] { together.arrive_and_wait(); });
        }
        together.wait();
    }
}

BOOST_AUTO_TEST_SUITE_END()
