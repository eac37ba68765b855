// Real runtimes when the system's wall clock is set, or the machine sleeps: S22, A16. This program
// replaces the functions of the system's clocks.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using test::pong;
using test::PongEvent;

namespace {

std::atomic<std::int64_t> wall_clock_ahead{0}; // seconds
std::atomic<std::int64_t> slept{0};            // seconds

} // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (clock == CLOCK_REALTIME) {
        time->tv_sec += wall_clock_ahead + slept;
    } else if (clock == CLOCK_BOOTTIME) {
        time->tv_sec += slept;
    }
    return result;
}

namespace {

/// A bus that runs by itself, or in this thread.
struct RealWorld {
    RealWorld(std::shared_ptr<bus::Runtime> on, bool stored)
        : runtime{std::move(on)},
          bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}},
          observers{bus} {
        observers.trouble.connect([this](std::string_view) { ++troubles; });
    }

    /// False: it takes too long.
    bool until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < end) {
            if (polled == nullptr) {
                std::this_thread::sleep_for(1ms);
                continue;
            }
            polled->poll();
            const auto due = polled->next_due();
            std::this_thread::sleep_until(
                std::min(due.value_or(end), std::chrono::steady_clock::now() + 100ms));
        }
        return done();
    }

    std::shared_ptr<bus::Runtime> runtime;
    bus::PolledRuntime* polled = dynamic_cast<bus::PolledRuntime*>(runtime.get());
    bus::Bus bus;
    bus::Observers observers;
    std::atomic<int> troubles{0};
    std::atomic<int> fired{0};
    bus::Subscription handler = bus.subscribe<PongEvent>([this](const PongEvent&) { ++fired; });
};

void with_each_runtime(const std::function<void(RealWorld&)>& test) {
    for (const bool stored : {false, true}) {
        for (const bool polls : {false, true}) {
            BOOST_TEST_CONTEXT("stored " << stored << ", polled " << polls) {
                std::shared_ptr<bus::Runtime> runtime;
                if (polls) {
                    runtime = std::make_shared<bus::PolledRuntime>();
                } else {
                    runtime = std::make_shared<bus::SystemRuntime>();
                }
                RealWorld world{std::move(runtime), stored};
                test(world);
                world.bus.stop(bus::Stop::now);
            }
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_systems_clocks)

BOOST_AUTO_TEST_CASE(
    A16_a_step_of_the_clock_is_noticed_and_short_timers_do_not_wait_for_a_long_one) {
    for (const std::int64_t step : {3'600L, -3'600L, 315'360'000L, -315'360'000L}) {
        with_each_runtime([step](RealWorld& world) {
            world.bus.schedule(10h, pong("long", 1));
            world.bus.schedule(50ms, pong("x", 1));
            wall_clock_ahead += step;
            world.bus.schedule(20ms, pong("x", 2));
            BOOST_TEST(world.until([&] { return world.fired == 2 && world.troubles == 1; }));
            BOOST_TEST(world.bus.wait_idle(10s));
            BOOST_TEST(world.troubles == 1);
        });
    }
}

BOOST_AUTO_TEST_CASE(A16_the_time_that_the_machine_sleeps_counts) {
    with_each_runtime([](RealWorld& world) {
        world.bus.schedule(10h, pong("x", 1));
        world.bus.schedule(20h, pong("x", 2));
        BOOST_TEST(world.until([&] { return world.bus.idle(); }));
        slept += 11 * 3'600;
        BOOST_TEST(world.until([&] { return world.fired == 1; }));
        BOOST_TEST(world.fired == 1);
        BOOST_TEST(world.troubles == 0); // no clock was set
    });
}

BOOST_AUTO_TEST_SUITE_END()
