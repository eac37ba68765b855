// The runtimes under threads that post, schedule, cancel, wait and end them, with random timing.
// Each task must run once; each timer must fire, be cancelled, or end with its runtime; nothing may
// hang, and the sanitizers must find nothing.
#include "test/support/stress.hpp"
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using test::Chance;

namespace {

/// Threads that run the same function with different random numbers, and are joined at the end.
template <class F>
std::vector<std::jthread> threads(Chance& chance, std::uint64_t count, F run) {
    std::vector<std::jthread> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        all.emplace_back(
            [chance_of_thread = chance.fork(), run]() mutable { run(chance_of_thread); });
    }
    return all;
}

/// Tasks that count, post others, and yield.
class Tasks {
public:
    /// Posts a task, which may post a chain of up to `depth` more.
    void post(bus::Executor& executor, Chance& chance, int depth = 3) {
        ++posted_;
        executor.post([this, &executor, depth, own = chance.fork()]() mutable {
            own.yield();
            if (depth > 0 && own.once_in(2)) {
                post(executor, own, depth - 1);
            }
            ++ran_;
        });
    }

    [[nodiscard]] bool all_ran() const { return ran_ == posted_; }

private:
    std::atomic<int> posted_{0};
    std::atomic<int> ran_{0};
};

/// Timers that fire, are cancelled, or end with the runtime.
class Timers {
public:
    void race(bus::Runtime& runtime, Chance& chance) {
        ++scheduled_;
        auto held = std::make_shared<Held>(*this);
        const bus::Duration delay{static_cast<std::int64_t>(chance.number(300)) - 50};
        const auto timer = runtime.schedule(delay, [held] { held->fire(); });
        std::weak_ptr<Held> left = held;
        held.reset();
        chance.yield();
        if (chance.once_in(2) && runtime.cancel(timer)) {
            ++cancelled_;
            wrong_ += left.expired() ? 0 : 1; // a cancelled timer is gone and cannot fire
        }
    }

    /// To be called after the runtime is destroyed.
    [[nodiscard]] bool add_up() const {
        return wrong_ == 0 && gone_ == scheduled_ && fired_ + cancelled_ <= scheduled_;
    }

private:
    /// The object that the task of a timer holds.
    struct Held {
        explicit Held(Timers& timers) : all{timers} {}

        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        ~Held() { ++all.gone_; }

        void fire() {
            all.wrong_ += fired.exchange(true) ? 1 : 0;
            ++all.fired_;
        }

        Timers& all;
        std::atomic<bool> fired{false};
    };

    std::atomic<int> scheduled_{0};
    std::atomic<int> fired_{0};
    std::atomic<int> cancelled_{0};
    std::atomic<int> gone_{0};
    std::atomic<int> wrong_{0};
};

/// A host that runs tasks in some threads, and at its end drops the tasks that are left.
class Host final : public bus::Executor {
public:
    void post(bus::Task task) override {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }

    void run(Chance& chance) {
        while (!ended_) {
            std::unique_lock lock{mutex_};
            if (tasks_.empty()) {
                lock.unlock();
                std::this_thread::yield();
                continue;
            }
            bus::Task task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            chance.yield();
            task();
        }
    }

    void end() { ended_ = true; }

private:
    std::atomic<bool> ended_{false};
    std::mutex mutex_;
    std::deque<bus::Task> tasks_;
};

/// Posts a task and waits for it, as publish() waits for its commit.
bool wait_for_a_task(bus::Runtime& runtime, Chance& chance) {
    struct Waited {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
    };

    const auto waited = std::make_shared<Waited>();
    runtime.pool().post([waited, own = chance.fork()]() mutable {
        own.yield();
        const std::lock_guard lock{waited->mutex};
        waited->done = true;
        waited->changed.notify_all();
    });
    chance.yield();
    std::unique_lock lock{waited->mutex};
    return runtime.wait(
        lock, waited->changed, [&] { return waited->done; }, std::nullopt);
}

} // namespace

BOOST_AUTO_TEST_SUITE(runtime)

BOOST_AUTO_TEST_CASE(a_pool_runs_each_task_once_however_it_is_posted_and_ended) {
    test::stress(60, [](Chance& chance) {
        Tasks tasks;
        std::vector<int> strand_order; // no lock: only the strand protects it
        {
            bus::SystemRuntime runtime{static_cast<unsigned>(1 + chance.number(4))};
            const auto strand = std::make_shared<bus::Strand>(runtime.pool());
            const auto posters = threads(chance, 3, [&](Chance& own) {
                for (int i = 0; i < 60; ++i) {
                    tasks.post(runtime.pool(), own);
                    strand->post([&] { strand_order.push_back(0); });
                    own.yield();
                }
            });
        } // the posters end, and the runtime right after them, even if tasks are queued
        BOOST_TEST(tasks.all_ran());
        BOOST_TEST(strand_order.size() == 180U);
    });
}

BOOST_AUTO_TEST_CASE(a_pool_that_falls_asleep_wakes_for_each_task) {
    test::stress(60, [](Chance& chance) {
        bus::SystemRuntime runtime{static_cast<unsigned>(1 + chance.number(4))};
        for (int burst = 0; burst < 20; ++burst) {
            std::atomic<int> left{static_cast<int>(1 + chance.number(5))};
            const int count = left;
            for (int i = 0; i < count; ++i) {
                runtime.pool().post([&left] { --left; });
                chance.yield();
            }
            while (left > 0) { // here the runtime's end does not help
                std::this_thread::yield();
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_backlog_longer_than_the_ring_of_the_pool_is_run_whole) {
    test::stress(10, [](Chance& chance) {
        Tasks tasks;
        {
            bus::SystemRuntime runtime{static_cast<unsigned>(1 + chance.number(3))};
            const auto posters = threads(chance, 2, [&](Chance& own) {
                for (std::uint64_t i = 1500 + own.number(1000); i > 0; --i) {
                    tasks.post(runtime.pool(), own, 1);
                }
            });
        }
        BOOST_TEST(tasks.all_ran());
    });
}

BOOST_AUTO_TEST_CASE(A9_timers_that_race_with_their_cancel_and_the_end_of_the_runtime_add_up) {
    test::stress(60, [](Chance& chance) {
        Timers timers;
        {
            bus::SystemRuntime runtime{static_cast<unsigned>(1 + chance.number(3))};
            const auto schedulers = threads(chance, 3, [&](Chance& own) {
                for (int i = 0; i < 60; ++i) {
                    timers.race(runtime, own);
                }
            });
        }
        BOOST_TEST(timers.add_up());
    });
}

BOOST_AUTO_TEST_CASE(A10_a_host_that_runs_late_and_drops_at_the_end_loses_nothing) {
    test::stress(60, [](Chance& chance) {
        Tasks tasks;
        Timers timers;
        const auto host = std::make_shared<Host>();
        auto loops = threads(chance, 1 + chance.number(2), [&](Chance& own) { host->run(own); });
        {
            bus::SystemRuntime runtime{host};
            const auto posters = threads(chance, 3, [&](Chance& own) {
                for (int i = 0; i < 40; ++i) {
                    tasks.post(runtime.pool(), own);
                    timers.race(runtime, own);
                    if (own.once_in(10)) {
                        wait_for_a_task(runtime, own);
                    }
                }
            });
        } // the destructor runs what the host has not run, while the host still works
        host->end();
        loops.clear();
        BOOST_TEST(tasks.all_ran());
        BOOST_TEST(timers.add_up());
    });
}

BOOST_AUTO_TEST_CASE(A10_a_polled_runtime_serves_threads_that_post_schedule_and_wait) {
    test::stress(60, [](Chance& chance) {
        Tasks tasks;
        Timers timers;
        std::atomic<int> busy{3};
        std::atomic<bool> woken{false};
        {
            bus::PolledRuntime runtime{[&] { woken = true; }};
            const auto others = threads(chance, 3, [&](Chance& own) {
                for (int i = 0; i < 40; ++i) {
                    tasks.post(runtime.pool(), own);
                    timers.race(runtime, own);
                    if (own.once_in(10)) {
                        wait_for_a_task(runtime, own);
                    }
                }
                --busy;
            });
            // A host that polls only if it was woken or a timer is due.
            while (busy > 0 || woken) {
                if (woken.exchange(false)) {
                    runtime.poll(1 + chance.number(20));
                } else if (const auto due = runtime.next_due();
                           due && *due <= bus::PolledRuntime::Clock::now()) {
                    runtime.poll();
                }
                if (chance.once_in(20)) {
                    wait_for_a_task(runtime, chance);
                }
                chance.yield();
            }
        }
        BOOST_TEST(tasks.all_ran());
        BOOST_TEST(timers.add_up());
    });
}

BOOST_AUTO_TEST_CASE(A10_before_any_poll_threads_that_wait_serve_each_other) {
    test::stress(60, [](Chance& chance) {
        Tasks tasks;
        std::atomic<int> waited{0};
        bus::PolledRuntime runtime;
        threads(chance, 3, [&](Chance& own) {
            for (int i = 0; i < 30; ++i) {
                tasks.post(runtime.pool(), own);
                waited += wait_for_a_task(runtime, own) ? 1 : 0;
            }
        }).clear();
        runtime.poll();
        BOOST_TEST(waited == 90);
        BOOST_TEST(tasks.all_ran());
    });
}

BOOST_AUTO_TEST_SUITE_END()
