#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// The names of the threads of this process that belong to a runtime, in order.
std::vector<std::string> threads_of_runtimes() {
    std::vector<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream in{task.path() / "comm"};
        std::string name;
        if (in >> name && name.starts_with("bus-")) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

struct BellRangEvent : bus::Event<BellRangEvent> {};
BUS_DESCRIBE_EVENT(BellRangEvent, ())

class Porter final : public bus::Agent {
public:
    Porter() : Agent{"porter"} {
        on<BellRangEvent>([this](const BellRangEvent&) { rang.count_down(); });
    }

    std::latch rang{1};
};

} // namespace

BOOST_AUTO_TEST_SUITE(system_runtime)

BOOST_AUTO_TEST_CASE(A19_threads_start_with_the_first_task_of_their_kind) {
    using Names = std::vector<std::string>;
    while (!threads_of_runtimes().empty()) { // a joined thread may be listed for a moment longer
        std::this_thread::yield();
    }
    bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(2)}};
    int heard = 0;
    const auto handler = bus.subscribe<BellRangEvent>([&](const BellRangEvent&) { ++heard; });
    bus.publish(BellRangEvent{});
    BOOST_TEST(heard == 1);
    BOOST_TEST(threads_of_runtimes() == Names{}, boost::test_tools::per_element());
    auto& porter = bus.emplace<Porter>();
    bus.publish(BellRangEvent{});
    porter.rang.wait();
    const auto steps = [] {
        const Names names = threads_of_runtimes();
        return std::count(names.begin(), names.end(), "bus-steps");
    };
    // Each takes its name when it begins to run. Until then it has that of the thread that made it.
    while (steps() != 2) {
        std::this_thread::yield();
    }
}

BOOST_AUTO_TEST_CASE(tasks_of_the_pool_run_at_the_same_time) {
    bus::SystemRuntime runtime{2};
    std::latch both{2};
    std::latch done{2};
    for (int i = 0; i < 2; ++i) {
        runtime.pool().post([&] {
            both.arrive_and_wait(); // would never end if they ran one after the other
            done.count_down();
        });
    }
    done.wait();
    BOOST_TEST(done.try_wait());
}

BOOST_AUTO_TEST_CASE(a_thread_whose_task_another_thread_has_taken_sleeps_again_and_does_not_end) {
    bus::SystemRuntime runtime{2};
    for (int round = 0; round < 20'000; ++round) {
        std::atomic<int> left{2};
        for (int i = 0; i < 2; ++i) {
            runtime.pool().post([&] { --left; });
        }
        while (left > 0) {
            std::this_thread::yield();
        }
    }
    // Both threads are still there: two tasks can wait for each other.
    std::atomic<int> met{0};
    const auto end = std::chrono::steady_clock::now() + 10s;
    for (int i = 0; i < 2; ++i) {
        runtime.pool().post([&] {
            for (++met; met < 2 && std::chrono::steady_clock::now() < end;) {
                std::this_thread::yield();
            }
            ++met;
        });
    }
    while (met < 4) {
        std::this_thread::yield();
    }
    BOOST_TEST((std::chrono::steady_clock::now() < end));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_runs_what_is_queued) {
    std::atomic<int> ran{0};
    {
        bus::SystemRuntime runtime{1};
        for (int i = 0; i < 100; ++i) {
            runtime.pool().post([&] { ++ran; });
        }
    }
    BOOST_TEST(ran == 100);
}

BOOST_AUTO_TEST_CASE(a_dedicated_executor_is_one_thread_and_runs_in_order) {
    bus::SystemRuntime runtime{2};
    std::vector<std::thread::id> threads;
    std::vector<int> order;
    {
        const auto thread = runtime.dedicated("one");
        for (int i = 0; i < 100; ++i) {
            thread->post([&, i] {
                threads.push_back(std::this_thread::get_id());
                order.push_back(i);
            });
        }
    }
    BOOST_TEST(order.size() == 100U);
    BOOST_TEST(std::is_sorted(order.begin(), order.end()));
    BOOST_TEST((std::count(threads.begin(), threads.end(), threads.front()) == 100));
    BOOST_TEST((threads.front() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(A9_timers_fire_when_due_and_cancelled_ones_never) {
    std::atomic<int> wrong{0};
    std::latch fired{2};
    bus::SystemRuntime runtime{1};
    const auto far = runtime.schedule(1h, [&] { ++wrong; });
    runtime.schedule(1ms, [&] { fired.count_down(); });
    runtime.schedule(-1s, [&] { fired.count_down(); });
    fired.wait();
    BOOST_TEST(runtime.cancel(far));
    BOOST_TEST(!runtime.cancel(far));
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_drops_timers_that_are_not_due) {
    std::atomic<int> fired{0};
    {
        bus::SystemRuntime runtime{1};
        runtime.schedule(1h, [&] { ++fired; });
    }
    BOOST_TEST(fired == 0);
}

BOOST_AUTO_TEST_CASE(tasks_that_run_while_the_runtime_ends_may_use_all_of_it) {
    struct Work {
        explicit Work(bus::SystemRuntime& on) : runtime{on} {}

        void go_on(int rounds) {
            begun.count_down(rounds == all ? 1 : 0);
            runtime.cancel(runtime.schedule(1h, [] {}));
            runtime.schedule(1h, [] {});
            if (rounds == 0) {
                return;
            }
            runtime.steps("pool " + std::to_string(rounds % 3), 1).post([this, rounds] {
                ++steps;
                runtime.pool().post([this, rounds] { go_on(rounds - 1); });
            });
        }

        const int all = 2'000;
        bus::SystemRuntime& runtime;
        std::latch begun{1};
        std::atomic<int> steps{0};
    };

    class Loop final : public bus::Executor {
    public:
        void post(bus::Task task) override { pool_.pool().post(std::move(task)); }

    private:
        bus::SystemRuntime pool_{1};
    };

    for (const bool on_host : {false, true}) {
        BOOST_TEST_CONTEXT((on_host ? "on a host's executor" : "on threads of its own")) {
            const auto loop = std::make_shared<Loop>();
            auto runtime = on_host ? std::make_unique<bus::SystemRuntime>(loop)
                                   : std::make_unique<bus::SystemRuntime>(1);
            Work work{*runtime};
            runtime->pool().post([&] { work.go_on(work.all); });
            work.begun.wait();
            runtime.reset();
            BOOST_TEST(work.steps == work.all);
        }
    }
}

BOOST_AUTO_TEST_CASE(waiting_ends_when_what_is_waited_for_happens_or_the_time_is_over) {
    bus::SystemRuntime runtime{1};
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::unique_lock lock{mutex};
    BOOST_TEST(!runtime.wait(
        lock, changed, [&] { return done; }, 1ms));
    runtime.pool().post([&] {
        const std::lock_guard guard{mutex};
        done = true;
        changed.notify_all();
    });
    BOOST_TEST(runtime.wait(lock, changed, [&] { return done; }, {}));
    BOOST_TEST(lock.owns_lock());
}

BOOST_AUTO_TEST_CASE(lingering_lasts_as_long_as_it_says) {
    bus::SystemRuntime runtime{1};
    const auto before = std::chrono::steady_clock::now();
    runtime.linger(50us);
    BOOST_TEST((std::chrono::steady_clock::now() - before >= 50us));
}

BOOST_AUTO_TEST_CASE(the_random_source_differs_from_call_to_call) {
    bus::SystemRuntime runtime{1};
    BOOST_TEST(runtime.random() != runtime.random());
}

BOOST_AUTO_TEST_SUITE_END()
