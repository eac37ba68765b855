// A19: slow steps do not delay timers, posted handlers or agents with a pool of their own. If they
// delay other agents, this is reported.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include "worlds.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// Steps wait here until the test opens it.
class Gate {
public:
    void pass() {
        std::unique_lock lock{mutex_};
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }

    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }

    /// Waits until this many have arrived. False: they do not arrive.
    bool wait_for(int count) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [&] { return arrived_ >= count; });
    }

    [[nodiscard]] int arrived() {
        const std::lock_guard lock{mutex_};
        return arrived_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_ = 0;
    bool open_ = false;
};

/// Something that a test waits for.
class Mark {
public:
    void set() {
        const std::lock_guard lock{mutex_};
        ++count_;
        changed_.notify_all();
    }

    bool wait(int count = 1) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [&] { return count_ >= count; });
    }

    [[nodiscard]] int count() {
        const std::lock_guard lock{mutex_};
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

/// A bus, and agents whose steps wait at a gate.
struct SlowWorld {
    SlowWorld(std::shared_ptr<bus::Runtime> on, std::shared_ptr<bus::EventStore> kept)
        : bus{{.runtime = std::move(on), .store = std::move(kept)}} {}

    SlowWorld(unsigned threads, bool stored)
        : SlowWorld{std::make_shared<bus::SystemRuntime>(threads),
                    stored ? std::make_shared<bus::MemoryStore>() : nullptr} {}

    SlowWorld(const SlowWorld&) = delete;
    SlowWorld& operator=(const SlowWorld&) = delete;

    ~SlowWorld() { gate.open(); }

    void add_slow(const std::string& name, bus::StepPool pool = {}, std::uint32_t workers = 1) {
        auto agent = test::scripted(name);
        agent->settings().pool = std::move(pool);
        agent->settings().workers = workers;
        agent->handles<PingEvent>([this](const PingEvent&, bus::Context&) { gate.pass(); });
        bus.add(std::move(agent));
    }

    void add_quick(const std::string& name, bus::StepPool pool = {}) {
        auto agent = test::scripted(name);
        agent->settings().pool = std::move(pool);
        agent->handles<PongEvent>([this](const PongEvent&, bus::Context&) { quick.set(); });
        bus.add(std::move(agent));
    }

    Gate gate;
    Mark quick;
    bus::Bus bus;
};

bool throws_about(const auto& act, std::string_view what) {
    try {
        act();
    } catch (const std::invalid_argument& error) {
        return std::string_view{error.what()}.find(what) != std::string_view::npos;
    }
    return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(slow_steps)

BOOST_AUTO_TEST_CASE(A19_timers_and_posted_handlers_go_on_while_steps_take_all_their_threads) {
    for (const bool stored : {false, true}) {
        for (const unsigned threads : {1U, 2U}) {
            SlowWorld world{threads, stored};
            Mark seen;
            const auto handler =
                world.bus.subscribe<PongEvent>([&](const PongEvent&) { seen.set(); });
            for (int i = 0; i < 4; ++i) {
                world.add_slow("slow" + std::to_string(i));
            }
            world.bus.publish(ping("x"));
            BOOST_TEST(world.gate.wait_for(static_cast<int>(threads)));
            world.bus.schedule(1ms, pong("timer"));
            world.bus.schedule(0ms, pong("timer at once"));
            world.bus.post(pong("posted"));
            world.bus.publish(pong("published"));
            BOOST_TEST(seen.wait(4));
            BOOST_TEST(world.gate.arrived() == static_cast<int>(threads));
            world.gate.open();
            BOOST_TEST(world.bus.wait_idle(30s));
            BOOST_TEST(world.gate.arrived() == 4);
            if (stored) {
                BOOST_TEST(world.bus.store()->conservation().front().holds());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(A19_what_steps_schedule_and_emit_is_handled_while_others_are_slow) {
    for (const bool stored : {false, true}) {
        SlowWorld world{2, stored};
        Mark seen;
        const auto handler = world.bus.subscribe<PongEvent>([&](const PongEvent&) { seen.set(); });
        world.add_slow("slow", {"slow", 1});
        auto agent = test::scripted("caller");
        agent->handles<PingEvent, PongEvent>([](const PingEvent&, bus::Context& context) {
            context.schedule(1ms, pong("later"));
            context.publish(pong("now"));
        });
        world.bus.add(std::move(agent));
        world.bus.publish(ping("x"));
        BOOST_TEST(world.gate.wait_for(1));
        BOOST_TEST(seen.wait(2));
    }
}

BOOST_AUTO_TEST_CASE(A19_an_agent_with_a_pool_of_its_own_keeps_no_other_waiting) {
    for (const bool stored : {false, true}) {
        SlowWorld world{1, stored};
        world.add_slow("slow0", "slow");
        world.add_slow("slow1", "slow");
        world.add_quick("quick");
        world.bus.publish(ping("x"));
        BOOST_TEST(world.gate.wait_for(1));
        world.bus.publish(pong("x"));
        BOOST_TEST(world.quick.wait());
        BOOST_TEST(world.gate.arrived() == 1); // they share one thread
        world.gate.open();
        BOOST_TEST(world.bus.wait_idle(30s));
        BOOST_TEST(world.gate.arrived() == 2);
        if (stored) {
            BOOST_TEST(world.bus.store()->conservation().front().holds());
        }
    }
}

BOOST_AUTO_TEST_CASE(A19_an_agent_with_a_pool_of_its_own_is_not_delayed_by_others) {
    SlowWorld world{1, false};
    world.add_slow("slow0");
    world.add_slow("slow1");
    world.add_quick("quick", "mine");
    world.bus.publish(ping("x"));
    BOOST_TEST(world.gate.wait_for(1));
    world.bus.publish(pong("x"));
    BOOST_TEST(world.quick.wait());
}

BOOST_AUTO_TEST_CASE(A19_a_pool_has_as_many_threads_as_the_agent_that_asks_for_the_most) {
    SlowWorld world{1, false};
    world.add_slow("one", "shared");
    world.add_slow("three", {"shared", 3});
    world.add_slow("two", {"shared", 2});
    world.bus.publish(ping("x"));
    BOOST_TEST(world.gate.wait_for(3));
}

BOOST_AUTO_TEST_CASE(A19_by_default_a_pool_has_as_many_threads_as_its_agent_has_workers) {
    for (const bool stored : {false, true}) {
        SlowWorld world{1, stored};
        world.add_slow("four", "four", 4);
        for (int i = 0; i < 64; ++i) { // aggregates are spread over the workers
            world.bus.publish(ping("x" + std::to_string(i)));
        }
        BOOST_TEST(world.gate.wait_for(4));
        world.gate.open();
        BOOST_TEST(world.bus.wait_idle(30s));
        BOOST_TEST(world.gate.arrived() == 64);
    }
}

BOOST_AUTO_TEST_CASE(A19_buses_on_one_runtime_share_its_pools) {
    const auto runtime = std::make_shared<bus::SystemRuntime>(1);
    SlowWorld one{runtime, nullptr};
    SlowWorld other{runtime, nullptr};
    one.add_slow("slow", "slow");
    other.add_quick("quick", "slow");
    one.bus.publish(ping("x"));
    BOOST_TEST(one.gate.wait_for(1));
    other.bus.publish(pong("x"));
    BOOST_TEST(other.quick.count() == 0);
    one.gate.open();
    BOOST_TEST(other.quick.wait());
}

BOOST_AUTO_TEST_CASE(A19_on_the_hosts_executor_a_pool_of_its_own_has_threads) {
    test::OnHost host;
    SlowWorld world{host.runtime, nullptr};
    world.add_slow("slow", "slow");
    world.add_quick("quick");
    world.bus.publish(ping("x"));
    BOOST_TEST(world.gate.wait_for(1));
    world.bus.publish(pong("x"));
    BOOST_TEST(world.quick.wait());
    world.gate.open();
    BOOST_TEST(world.bus.wait_idle(30s));
}

BOOST_AUTO_TEST_CASE(A19_in_one_thread_there_is_one_pool) {
    bus::SimulatedRuntime simulated;
    bus::PolledRuntime polled;
    for (bus::Runtime* runtime :
         {static_cast<bus::Runtime*>(&simulated), static_cast<bus::Runtime*>(&polled)}) {
        BOOST_TEST(&runtime->steps("slow", 4) == &runtime->pool());
        BOOST_TEST(&runtime->steps() == &runtime->pool());
    }
}

BOOST_AUTO_TEST_CASE(A19_steps_that_keep_others_waiting_are_reported_once) {
    for (const bool named : {false, true}) {
        SlowWorld world{2, false};
        std::mutex mutex;
        std::string told;
        Mark trouble;
        bus::Observers observers{world.bus};
        observers.trouble.connect([&](std::string_view what) {
            {
                const std::lock_guard lock{mutex};
                told += what;
            }
            trouble.set();
        });
        const bus::StepPool pool = named ? bus::StepPool{"crowded", 2} : bus::StepPool{};
        for (int i = 0; i < 4; ++i) {
            world.add_slow("slow" + std::to_string(i), pool);
        }
        world.bus.publish(ping("x"));
        BOOST_TEST(trouble.wait()); // real time: nobody waits so long in a simulation
        world.gate.open();
        BOOST_TEST(world.bus.wait_idle(30s));
        BOOST_TEST(trouble.count() == 1);
        const std::lock_guard lock{mutex};
        BOOST_TEST(told.find("all 2 threads") != std::string::npos);
        BOOST_TEST((told.find("\"crowded\"") != std::string::npos) == named);
    }
}

BOOST_AUTO_TEST_CASE(A19_as_many_slow_steps_as_there_are_threads_are_not_reported_as_trouble) {
    SlowWorld world{2, false};
    Mark trouble;
    bus::Observers observers{world.bus};
    observers.trouble.connect([&](std::string_view) { trouble.set(); });
    world.add_slow("slow0");
    world.add_slow("slow1");
    world.bus.publish(ping("x"));
    BOOST_TEST(world.gate.wait_for(2));
    Mark over;
    world.bus.runtime().schedule(1600ms, [&] { over.set(); });
    BOOST_TEST(over.wait());
    BOOST_TEST(trouble.count() == 0);
}

BOOST_AUTO_TEST_CASE(A19_settings_that_make_no_sense_are_refused) {
    const auto check = [](bus::StepPool pool) {
        bus::AgentSettings settings;
        settings.pool = std::move(pool);
        settings.check("a");
    };
    BOOST_TEST(throws_about([&] { check({"", 3}); }, "pool with a name"));
    BOOST_TEST(throws_about([&] { check({"x", 257}); }, "at most 256"));
    check({"x", 256});
    check("x");
}

BOOST_AUTO_TEST_SUITE_END()
