// SystemRuntime on the host's executor: A10, and which object may outlive which.
#include "worlds.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <stdexcept>

using namespace std::chrono_literals;
using test::HostLoop;

namespace {

/// A runtime on a loop that only the test runs.
struct Idle {
    std::shared_ptr<HostLoop> loop = std::make_shared<HostLoop>();
    std::optional<bus::SystemRuntime> runtime{std::in_place, loop};
};

} // namespace

BOOST_AUTO_TEST_SUITE(host_executor)

BOOST_AUTO_TEST_CASE(A10_tasks_and_timers_run_on_the_hosts_thread) {
    test::OnHost world;
    std::atomic<int> elsewhere{0};
    std::latch ran{3};
    const auto task = [&] {
        elsewhere += std::this_thread::get_id() == world.thread.get_id() ? 0 : 1;
        ran.count_down();
    };
    world.runtime->pool().post(task);
    world.runtime->schedule(0us, task);
    world.runtime->schedule(1ms, task);
    ran.wait();
    BOOST_TEST(elsewhere == 0);
}

BOOST_AUTO_TEST_CASE(a_null_executor_is_refused) {
    BOOST_CHECK_EXCEPTION(bus::SystemRuntime{std::shared_ptr<bus::Executor>{}},
                          std::invalid_argument, [](const std::exception& error) {
                              return std::string_view{error.what()}.find("executor is null") !=
                                     std::string_view::npos;
                          });
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_runs_what_the_host_has_not_run) {
    Idle idle;
    int ran = 0;
    idle.runtime->pool().post([&] {
        ++ran;
        idle.runtime->pool().post([&] { ++ran; });
    });
    idle.runtime.reset();
    BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(what_the_host_runs_or_drops_after_the_end_of_the_runtime_does_nothing) {
    Idle idle;
    int ran = 0;
    for (int i = 0; i < 3; ++i) {
        idle.runtime->pool().post([&] { ++ran; });
    }
    idle.runtime.reset();
    auto late = idle.loop->take_all();
    BOOST_TEST(late.size() == 3U);
    late.front()();
    late.clear();
    BOOST_TEST(ran == 3);
}

BOOST_AUTO_TEST_CASE(a_task_that_the_host_copies_and_runs_twice_runs_once) {
    Idle idle;
    int ran = 0;
    idle.runtime->pool().post([&] { ++ran; });
    const auto tasks = idle.loop->take_all();
    const bus::Task copy = tasks.front();
    idle.runtime->pool().post([&] { ran += 100; });
    tasks.front()();
    copy();
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_waits_for_what_the_host_is_running) {
    auto loop = std::make_shared<HostLoop>();
    std::latch entered{1};
    std::latch may_end{1};
    std::atomic<bool> ended{false};
    std::thread host;
    {
        bus::SystemRuntime runtime{loop};
        runtime.pool().post([&] {
            entered.count_down();
            may_end.wait();
            runtime.pool().post([] {}); // the runtime still exists
            ended = true;
        });
        host = std::thread{[&] {
            for (const bus::Task& task : loop->take_all()) {
                task();
            }
        }};
        entered.wait();
        may_end.count_down();
    }
    BOOST_TEST(ended);
    host.join();
}

BOOST_AUTO_TEST_CASE(a_runtime_may_end_in_its_own_task) {
    auto loop = std::make_shared<HostLoop>();
    auto runtime = std::make_shared<bus::SystemRuntime>(loop);
    int ran = 0;
    runtime->pool().post([&] {
        runtime.reset();
        ++ran;
    });
    runtime->pool().post([&] { ++ran; });
    for (const bus::Task& task : loop->take_all()) {
        task();
    }
    BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(a_wait_for_what_the_host_dropped_is_an_error) {
    Idle idle;
    std::mutex mutex;
    std::condition_variable changed;
    int ran = 0;
    idle.runtime->pool().post([&] { ++ran; });
    const auto says_so = [](const std::logic_error& error) {
        return std::string_view{error.what()}.find("dropped 1 tasks") != std::string_view::npos;
    };
    {
        // Dropped while a thread waits.
        std::thread drops{[&] { idle.loop->take_all(); }};
        std::unique_lock lock{mutex};
        BOOST_CHECK_EXCEPTION(idle.runtime->wait(lock, changed, [&] { return ran > 0; }, {}),
                              std::logic_error, says_so);
        drops.join();
    }
    std::unique_lock lock{mutex};
    BOOST_CHECK_EXCEPTION(idle.runtime->wait(
                              lock, changed, [&] { return ran > 0; }, 1h),
                          std::logic_error, says_so);
    BOOST_TEST(idle.runtime->wait(lock, changed, [] { return true; }, {})); // no need to wait
    idle.runtime.reset();
    BOOST_TEST(ran == 1); // nothing is lost: the end runs it
}

BOOST_AUTO_TEST_SUITE_END()
