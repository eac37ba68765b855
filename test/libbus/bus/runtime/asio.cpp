#include <bus/runtime/asio.hpp> // first: it has to compile by itself

// A10: the loop and the executors of Boost.Asio, and which object may outlive which.
#include "test/libbus/bus/runtime/waited.hpp"
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <set>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using boost::asio::io_context;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::Waited;

namespace {

/// A bus in the loop of an io_context, whose agent answers each ping with a pong.
struct Pinger {
    Pinger(io_context& io, bool stored)
        : bus{{.runtime = bus::asio_runtime(io),
               .store = stored ? std::make_shared<bus::MemoryStore>() : nullptr}} {
        auto agent = test::scripted("pinger");
        agent->handles<PingEvent, PongEvent>([this](const PingEvent& event, bus::Context& context) {
            steps_on.insert(std::this_thread::get_id());
            context.publish(pong(event.name, event.number));
        });
        bus.add(std::move(agent));
        subscription = bus.subscribe<PongEvent>([this](const PongEvent& event) {
            pongs.push_back(event.number);
            if (on_pong) {
                on_pong();
            }
        });
    }

    std::set<std::thread::id> steps_on;
    std::vector<std::int64_t> pongs;
    std::function<void()> on_pong;
    bus::Bus bus;
    bus::Subscription subscription;
};

/// Counts in `gone` when it is destroyed.
std::shared_ptr<void> leaves(std::atomic<int>& gone) {
    return {nullptr, [&gone](void*) { ++gone; }};
}

/// Threads that run an io_context, which has work until they end.
class Loop {
public:
    Loop(io_context& io, int threads) : work_{io.get_executor()} {
        for (int i = 0; i < threads; ++i) {
            threads_.emplace_back([&io] { io.run(); });
        }
    }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    ~Loop() {
        work_.reset();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

private:
    boost::asio::executor_work_guard<io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(asio_executor)

BOOST_AUTO_TEST_CASE(A10_agents_run_on_the_thread_of_an_io_context) {
    for (const bool stored : {false, true}) {
        io_context io;
        auto work = boost::asio::make_work_guard(io);
        std::thread host{[&io] { io.run(); }};
        {
            bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(
                              std::make_shared<bus::AsioExecutor>(io)),
                          .store = stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
            std::atomic<int> here{0};
            auto agent = test::scripted("agent");
            agent->handles<PingEvent>([&](const PingEvent& /*event*/, bus::Context& /*context*/) {
                here += std::this_thread::get_id() == host.get_id() ? 1 : 0;
            });
            bus.add(std::move(agent));
            for (int i = 0; i < 20; ++i) {
                bus.publish(ping("x", i));
            }
            BOOST_TEST(bus.stop(bus::Stop::drain).drained);
            BOOST_TEST(here == 20);
        }
        work.reset();
        host.join();
    }
}

BOOST_AUTO_TEST_CASE(a_task_never_runs_within_the_post_and_keeps_the_order) {
    io_context io;
    bus::AsioExecutor executor{io};
    std::vector<int> order;
    executor.post([&] {
        executor.post([&] { order.push_back(3); });
        order.push_back(1);
    });
    executor.post([&] { order.push_back(2); });
    BOOST_TEST(order.empty());
    BOOST_TEST(io.run() == 3U);
    const std::vector<int> expected{1, 2, 3};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_strand_runs_one_task_at_a_time_on_the_threads_of_a_pool) {
    boost::asio::thread_pool pool{3};
    int ran = 0; // no atomic: the strand keeps it whole
    {
        bus::AsioExecutor executor{boost::asio::make_strand(pool)};
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 300; ++k) {
                    executor.post([&] { ++ran; });
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    } // the queued tasks outlive the executor
    pool.join();
    BOOST_TEST(ran == 900);
}

BOOST_AUTO_TEST_CASE(an_executor_of_the_system_works_too) {
    bus::AsioExecutor executor{boost::asio::system_executor{}};
    std::promise<std::thread::id> ran;
    executor.post([&] { ran.set_value(std::this_thread::get_id()); });
    BOOST_TEST((ran.get_future().get() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(an_empty_executor_of_asio_is_refused) {
    BOOST_CHECK_EXCEPTION(bus::AsioExecutor{boost::asio::any_io_executor{}}, std::invalid_argument,
                          [](const std::exception& error) {
                              return std::string_view{error.what()}.find("executor is empty") !=
                                     std::string_view::npos;
                          });
}

BOOST_AUTO_TEST_CASE(a_stopped_io_context_keeps_its_tasks_and_a_task_that_throws_harms_no_other) {
    io_context io;
    bus::AsioExecutor executor{io};
    int ran = 0;
    executor.post([&] { io.stop(); });
    executor.post([] { throw std::runtime_error{"thrown by a task"}; });
    executor.post([&] { ++ran; });
    io.run();
    BOOST_TEST(ran == 0);
    io.restart();
    BOOST_CHECK_THROW(io.run(), std::runtime_error);
    io.run();
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_context_drops_what_is_queued_and_what_is_posted_later) {
    auto io = std::make_unique<io_context>();
    bus::AsioExecutor plain{*io};
    bus::AsioExecutor strand{boost::asio::make_strand(*io)};
    std::atomic<int> gone{0};
    int ran = 0;
    const auto post_to_both = [&] {
        for (bus::AsioExecutor* executor : {&plain, &strand}) {
            executor->post([&, held = leaves(gone)] { ++ran; });
        }
    };
    post_to_both();
    // Tasks that are destroyed with the context may post while they are destroyed.
    plain.post([&, held = std::shared_ptr<void>{nullptr, [&](void*) { post_to_both(); }}] {});
    io.reset();
    BOOST_TEST(gone == 4);
    post_to_both();
    BOOST_TEST(gone == 6);
    BOOST_TEST(ran == 0);
}

BOOST_AUTO_TEST_CASE(a_wait_for_tasks_that_were_dropped_with_the_context_is_an_error) {
    auto io = std::make_unique<io_context>();
    bus::SystemRuntime runtime{std::make_shared<bus::AsioExecutor>(*io)};
    Waited waited;
    runtime.pool().post([&] { waited.finish(); });
    io.reset();
    BOOST_CHECK_THROW(waited.wait(runtime), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_context_may_end_while_other_threads_post) {
    for (int round = 0; round < 100; ++round) {
        auto pool = std::make_unique<boost::asio::thread_pool>(1);
        bus::AsioExecutor executor{boost::asio::make_strand(*pool)};
        constexpr int count = 200;
        std::atomic<int> gone{0};
        std::latch begun{1};
        std::thread posts{[&] {
            for (int i = 0; i < count; ++i) {
                executor.post([held = leaves(gone)] {});
                if (i == round) {
                    begun.count_down();
                }
            }
        }};
        begun.wait();
        pool.reset();
        posts.join();
        BOOST_TEST(gone == count); // run or dropped, none is kept
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(asio_runtime)

BOOST_AUTO_TEST_CASE(A10_a_bus_works_while_the_host_only_runs_its_io_context) {
    for (const bool stored : {false, true}) {
        io_context io;
        Pinger pinger{io, stored};
        pinger.on_pong = [&] {
            if (pinger.pongs.size() == 20) {
                boost::asio::post(io, [&] { pinger.bus.stop(bus::Stop::drain); });
            }
        };
        std::thread::id home;
        boost::asio::post(io, [&] {
            home = std::this_thread::get_id();
            for (int i = 0; i < 20; ++i) {
                pinger.bus.publish(ping("x", i)); // on a store, waits for its commit in the loop
            }
        });
        std::thread{[&io] { io.run(); }}.join(); // it returns, as the bus is stopped
        BOOST_TEST(pinger.pongs.size() == 20U);
        BOOST_TEST(std::is_sorted(pinger.pongs.begin(), pinger.pongs.end()));
        BOOST_TEST((pinger.steps_on == std::set{home}));
    }
}

BOOST_AUTO_TEST_CASE(A10_threads_of_the_loop_and_others_publish_at_the_same_time) {
    for (const bool stored : {false, true}) {
        io_context io;
        Pinger pinger{io, stored};
        {
            const Loop loop{io, 2};
            std::latch published{4};
            const auto publish = [&] {
                for (int i = 0; i < 30; ++i) {
                    pinger.bus.publish(ping("x", i));
                }
                published.count_down();
            };
            boost::asio::post(io, publish);
            boost::asio::post(io, publish); // at the same time, or one after the other
            std::thread first{publish};
            std::thread second{publish};
            first.join();
            second.join();
            published.wait();
            BOOST_TEST(pinger.bus.stop(bus::Stop::drain).drained);
        }
        BOOST_TEST(pinger.pongs.size() == 120U);
    }
}

BOOST_AUTO_TEST_CASE(tasks_run_one_at_a_time_on_the_threads_of_the_loop) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    constexpr int count = 2000;
    int ran = 0; // no atomic: one thread at a time runs tasks
    std::atomic<int> elsewhere{0};
    Waited waited;
    const Loop loop{io, 3};
    for (int i = 0; i < count; ++i) {
        const auto task = [&, poster = std::this_thread::get_id()] {
            elsewhere += std::this_thread::get_id() == poster ? 1 : 0;
            if (++ran == count) {
                waited.finish();
            }
        };
        if (i % 2 == 0) {
            runtime->pool().post(task);
        } else {
            runtime->schedule(0us, task);
        }
    }
    std::unique_lock lock{waited.mutex};
    waited.changed.wait(lock, [&] { return waited.done; }); // not in the runtime
    BOOST_TEST(ran == count);
    BOOST_TEST(elsewhere == 0);
}

BOOST_AUTO_TEST_CASE(A10_run_goes_on_while_a_timer_waits_and_no_longer) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    BOOST_TEST(io.run() == 0U); // nothing to do
    io.restart();
    std::vector<std::string> order;
    runtime->schedule(3ms, [&] { order.emplace_back("second"); });
    runtime->schedule(1ms, [&] {
        order.emplace_back("first");
        runtime->schedule(1ms, [&] { order.emplace_back("added"); }); // before the second, or after
    });
    runtime->schedule(bus::Duration::max(), [&] { order.emplace_back("never"); });
    io.run();
    BOOST_TEST(std::erase(order, "added") == 1U);
    const std::vector<std::string> expected{"first", "second"};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(run_returns_once_the_last_timer_is_cancelled) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    const auto timer = runtime->schedule(1h, [] {});
    const auto later = runtime->schedule(2h, [] {});
    runtime->schedule(1ms, [&] {
        runtime->cancel(later);                                 // by a task
        boost::asio::post(io, [&] { runtime->cancel(timer); }); // and by another handler
    });
    io.run();
    BOOST_TEST(!runtime->cancel(timer));
}

BOOST_AUTO_TEST_CASE(a_timer_that_is_due_before_all_others_is_not_late) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    const auto last = runtime->schedule(1h, [] {});
    io.poll(); // waits for that one now
    bool ran = false;
    runtime->schedule(1ms, [&] {
        ran = true;
        runtime->cancel(last);
    });
    io.run();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(a_stopped_bus_does_not_keep_run_from_returning) {
    for (const bool stored : {false, true}) {
        io_context io;
        bus::Bus bus{{.runtime = bus::asio_runtime(io),
                      .store = stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        auto agent = test::scripted("agent");
        agent->settings().retry = test::every(1h, 5);
        agent->handles<PingEvent>([&](const PingEvent& /*event*/, bus::Context& /*context*/) {
            boost::asio::post(io, [&] { bus.stop(bus::Stop::now); });
            throw bus::Failure::transient("an hour from now it will do");
        });
        bus.add(std::move(agent));
        bus.schedule(2h, ping("y"));
        bus.publish(ping("x"));
        const auto begin = std::chrono::steady_clock::now();
        io.run();
        BOOST_TEST((std::chrono::steady_clock::now() - begin < 30min));
        BOOST_TEST(bus.stop(bus::Stop::now).deferred == 1U);
    }
}

BOOST_AUTO_TEST_CASE(an_endless_chain_of_tasks_leaves_turns_to_other_handlers) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    bool ended = false;
    int ran = 0;
    std::function<void()> task = [&] {
        ++ran;
        if (!ended) {
            runtime->pool().post(task);
        }
    };
    runtime->pool().post(task);
    BOOST_TEST(io.run_one() == 1U);
    BOOST_TEST(ran == 32);
    boost::asio::post(io, [&] { ended = true; });
    io.run();
    BOOST_TEST(ran <= 3 * 32);
}

BOOST_AUTO_TEST_CASE(a_handler_of_asio_that_waits_runs_tasks_and_timers) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    Waited waited;
    bool seen = false;
    boost::asio::post(io, [&] {
        runtime->pool().post([&] { runtime->schedule(1ms, [&] { waited.finish(); }); });
        seen = waited.wait(*runtime);
    });
    BOOST_TEST(io.run_one() == 1U);
    BOOST_TEST(seen);
    io.run();
}

BOOST_AUTO_TEST_CASE(a_thread_of_the_loop_that_waits_runs_tasks_even_if_another_ran_the_last_one) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    runtime->pool().post([] {});
    io.run(); // in this thread, which does not run it again
    io.restart();
    Waited waited;
    std::thread::id ran_on;
    boost::asio::post(io, [&] {
        runtime->pool().post([&] {
            ran_on = std::this_thread::get_id();
            waited.finish();
        });
        waited.wait(*runtime);
    });
    std::thread::id home;
    std::thread loop{[&] {
        home = std::this_thread::get_id();
        io.run();
    }};
    loop.join();
    BOOST_TEST(waited.done);
    BOOST_TEST((ran_on == home));
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_does_not_disturb_the_other_threads_of_the_loop) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    Waited first;
    Waited second;
    std::latch entered{1};
    const Loop loop{io, 2};
    boost::asio::post(io, [&] { // one thread runs a task as it waits
        runtime->pool().post([&] {
            entered.count_down();
            second.wait(*runtime);
            first.finish();
        });
        first.wait(*runtime);
    });
    entered.wait();
    boost::asio::post(io, [&] { // and the other one waits for that one
        runtime->pool().post([&] { second.finish(); });
        first.wait(*runtime);
    });
    std::unique_lock lock{first.mutex};
    first.changed.wait(lock, [&] { return first.done; });
    BOOST_TEST(first.done);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_drops_tasks_and_cancels_the_wait) {
    io_context io;
    auto runtime = bus::asio_runtime(io);
    std::atomic<int> gone{0};
    int ran = 0;
    runtime->schedule(1h, [&, held = leaves(gone)] { ++ran; });
    io.poll(); // waits for the timer now
    runtime->pool().post([&, held = leaves(gone)] { ++ran; });
    runtime.reset(); // a turn is queued as well
    BOOST_TEST(gone == 2);
    io.restart();
    io.run();
    BOOST_TEST(ran == 0);
}

BOOST_AUTO_TEST_CASE(a_runtime_may_end_in_its_own_task_and_in_its_own_timer) {
    for (const bool timer : {false, true}) {
        io_context io;
        auto runtime = bus::asio_runtime(io);
        std::atomic<int> gone{0};
        const auto end = [&] { runtime.reset(); };
        runtime->schedule(1h, [held = leaves(gone)] {});
        if (timer) {
            runtime->schedule(1ms, end);
        } else {
            runtime->pool().post(end);
        }
        io.run();
        BOOST_TEST(!runtime);
        BOOST_TEST(gone == 1);
    }
}

BOOST_AUTO_TEST_CASE(the_io_context_may_end_before_the_runtime_and_is_not_used_any_more) {
    std::atomic<int> gone{0};
    int ran = 0;
    {
        auto io = std::make_unique<io_context>();
        const auto runtime = bus::asio_runtime(*io);
        runtime->schedule(1h, [held = leaves(gone)] {});
        io->poll(); // waits for the timer now
        runtime->pool().post([&] { ++ran; });
        io.reset(); // a turn is queued as well
        BOOST_TEST(gone == 0);
        runtime->pool().post([&] { ++ran; });
        runtime->schedule(1min, [held = leaves(gone)] {}); // each of them would wake
        BOOST_TEST(ran == 0);
        Waited waited;
        runtime->pool().post([&] { waited.finish(); });
        BOOST_TEST(waited.wait(*runtime)); // in the thread of the loop, as before
        BOOST_TEST(ran == 2);
    }
    BOOST_TEST(gone == 2);
}

BOOST_AUTO_TEST_CASE(a_bus_may_stop_after_the_end_of_its_io_context) {
    for (const bool stored : {false, true}) {
        auto io = std::make_unique<io_context>();
        Pinger pinger{*io, stored};
        pinger.bus.publish(ping("x", 0));
        io->poll();
        pinger.bus.publish(ping("x", 1));
        io.reset();
        pinger.bus.publish(ping("x", 2));
        BOOST_TEST(pinger.bus.stop(bus::Stop::drain).drained);
        BOOST_TEST(pinger.pongs.size() == 3U);
    }
}

BOOST_AUTO_TEST_CASE(a_bus_that_a_handler_in_the_io_context_owns_ends_with_it) {
    for (const bool stored : {false, true}) {
        auto io = std::make_unique<io_context>();
        auto pinger = std::make_shared<Pinger>(*io, stored);
        const std::weak_ptr<Pinger> seen = pinger;
        pinger->bus.publish(ping("x", 0));
        io->poll();
        auto timer = std::make_shared<boost::asio::steady_timer>(*io, 1h);
        timer->async_wait([timer, pinger](const auto& /*error*/) {});
        boost::asio::post(*io, [pinger] { pinger->bus.publish(ping("x", 1)); });
        timer.reset();
        pinger.reset();
        io.reset();
        BOOST_TEST(seen.expired());
    }
}

BOOST_AUTO_TEST_CASE(the_io_context_may_end_while_another_thread_posts) {
    for (int round = 0; round < 100; ++round) {
        auto io = std::make_unique<io_context>();
        const auto runtime = bus::asio_runtime(*io);
        std::atomic<int> gone{0};
        constexpr int count = 200;
        std::latch begun{1};
        std::thread posts{[&] {
            for (int i = 0; i < count; ++i) {
                runtime->pool().post([held = leaves(gone)] {});
                if (i == round) {
                    begun.count_down();
                }
            }
        }};
        begun.wait();
        io->poll();
        io.reset();
        posts.join();
        Waited waited;
        runtime->pool().post([&] { waited.finish(); });
        BOOST_TEST(waited.wait(*runtime));
        BOOST_TEST(gone == count);
    }
}

BOOST_AUTO_TEST_CASE(the_runtime_may_end_while_other_threads_run_the_io_context) {
    for (int round = 0; round < 100; ++round) {
        io_context io;
        auto runtime = bus::asio_runtime(io);
        std::atomic<int> gone{0};
        const Loop loop{io, 2};
        constexpr int count = 100;
        for (int i = 0; i < count; ++i) {
            runtime->pool().post([held = leaves(gone)] {});
            runtime->schedule(std::chrono::microseconds{i}, [held = leaves(gone)] {});
        }
        runtime.reset();
        while (gone != 2 * count) { // a turn may be running
            std::this_thread::yield();
        }
        BOOST_TEST(gone == 2 * count);
    }
}

BOOST_AUTO_TEST_CASE(a_stopped_io_context_continues_where_it_was) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    int ran = 0;
    runtime->pool().post([&] {
        io.stop();
        for (int i = 0; i < 100; ++i) {
            runtime->pool().post([&] { ++ran; });
        }
        runtime->schedule(1ms, [&] { ++ran; });
    });
    io.run();
    BOOST_TEST(ran < 100);
    io.restart();
    io.run();
    BOOST_TEST(ran == 101);
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_makes_run_throw_and_harms_no_other) {
    io_context io;
    const auto runtime = bus::asio_runtime(io);
    int ran = 0;
    runtime->pool().post([] { throw std::runtime_error{"thrown by a task"}; });
    runtime->pool().post([&] { ++ran; });
    runtime->schedule(1ms, [] { throw std::runtime_error{"thrown by a timer"}; });
    runtime->schedule(2ms, [&] { ++ran; });
    BOOST_CHECK_THROW(io.run(), std::runtime_error);
    BOOST_TEST(ran == 0);
    BOOST_CHECK_THROW(io.run(), std::runtime_error);
    io.run();
    BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(in_a_child_of_fork_what_the_io_context_holds_does_nothing) {
    io_context io;
    auto runtime = bus::asio_runtime(io);
    runtime->schedule(1h, [] {});
    io.poll();
    int ran = 0;
    runtime->pool().post([&] { ++ran; });
    const pid_t child = fork();
    if (child == 0) {
        io.notify_fork(io_context::fork_child);
        io.restart();
        bool runs = false;
        boost::asio::post(io, [&] { runs = true; }); // the io_context is the child's as well
        io.poll();
        runtime.reset();
        _exit(runs && ran == 0 ? 0 : 1);
    }
    int status = 0;
    BOOST_TEST(waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    io.restart();
    io.poll();
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_SUITE_END()
