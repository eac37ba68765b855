// A10: a whole bus in the host's own loop, and on the host's own executor.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/store/memory_store.hpp>

#include "worlds.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::PongEvent;

namespace {

/// A bus whose agent answers each ping with a pong, on a runtime.
struct Pinger {
    Pinger(std::shared_ptr<bus::Runtime> on, bool stored)
        : runtime{std::move(on)},
          bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}} {
        auto agent = test::scripted("pinger");
        agent->settings().mailbox_capacity = 4;
        agent->handles<PingEvent, PongEvent>([this](const PingEvent& event, bus::Context& context) {
            threads.push_back(std::this_thread::get_id());
            context.publish(test::pong(event.name, event.number));
        });
        bus.add(std::move(agent));
        pongs = bus.subscribe<PongEvent>(
            [this](const PongEvent& event) { seen.push_back(event.number); });
    }

    void expect(std::int64_t count) {
        std::vector<std::int64_t> expected;
        for (std::int64_t i = 0; i < count; ++i) {
            expected.push_back(i);
        }
        BOOST_TEST(seen == expected, boost::test_tools::per_element());
    }

    std::vector<std::thread::id> threads;
    std::vector<std::int64_t> seen;
    std::shared_ptr<bus::Runtime> runtime;
    bus::Bus bus;
    bus::Subscription pongs;
};

} // namespace

BOOST_AUTO_TEST_SUITE(polled_bus)

BOOST_AUTO_TEST_CASE(A10_a_bus_works_in_one_thread_with_and_without_a_store) {
    for (const bool stored : {false, true}) {
        const auto runtime = std::make_shared<bus::PolledRuntime>();
        Pinger pinger{runtime, stored};
        for (int i = 0; i < 20; ++i) {
            pinger.bus.publish(ping("x", i)); // waits for its commit, or for room
        }
        BOOST_TEST(pinger.bus.wait_idle());
        pinger.bus.publish(ping("x", 20));
        while (!pinger.bus.idle()) {
            runtime->poll(1);
        }
        pinger.bus.publish(ping("x", 21));
        BOOST_TEST(pinger.bus.stop(bus::Stop::drain).drained);
        pinger.expect(22);
        BOOST_TEST((std::count(pinger.threads.begin(), pinger.threads.end(),
                               std::this_thread::get_id()) == 22));
    }
}

BOOST_AUTO_TEST_CASE(a_stopped_bus_leaves_no_timer_that_a_loop_would_wait_for) {
    for (const bool stored : {false, true}) {
        const auto runtime = std::make_shared<bus::PolledRuntime>();
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        auto agent = test::scripted("agent");
        agent->settings().retry = test::every(1h, 5);
        agent->handles<PingEvent>([](const PingEvent& /*event*/, bus::Context& /*context*/) {
            throw bus::Failure::transient("an hour from now it will do");
        });
        bus.add(std::move(agent));
        bus.schedule(2h, ping("x", 1));
        bus.publish(ping("x", 0));
        BOOST_TEST(bus.wait_idle());
        BOOST_TEST(bus.stop(bus::Stop::now).deferred == 1U);
        bus::PolledRuntime::Clock::time_point due{};
        while (runtime->next_due() && due < bus::PolledRuntime::Clock::now() + 30min) {
            due = *runtime->next_due(); // such as the last look at the wall clock
            runtime->poll();
        }
        BOOST_TEST(!runtime->next_due());
    }
}

BOOST_AUTO_TEST_CASE(A10_other_threads_may_publish_while_the_host_polls) {
    for (const bool stored : {false, true}) {
        const auto runtime = std::make_shared<bus::PolledRuntime>();
        Pinger pinger{runtime, stored};
        runtime->poll();
        std::atomic<bool> done{false};
        std::thread publishes{[&] {
            for (int i = 0; i < 20; ++i) {
                pinger.bus.publish(ping("x", i));
            }
            done = true;
        }};
        while (!done) {
            runtime->poll();
        }
        publishes.join();
        BOOST_TEST(pinger.bus.stop(bus::Stop::drain).drained);
        pinger.expect(20);
        BOOST_TEST((std::count(pinger.threads.begin(), pinger.threads.end(),
                               std::this_thread::get_id()) == 20));
    }
}

BOOST_AUTO_TEST_CASE(A10_a_bus_works_on_the_hosts_executor) {
    for (const bool stored : {false, true}) {
        test::OnHost host;
        Pinger pinger{host.runtime, stored};
        for (int i = 0; i < 20; ++i) {
            pinger.bus.publish(ping("x", i));
        }
        BOOST_TEST(pinger.bus.stop(bus::Stop::drain).drained);
        pinger.expect(20);
        BOOST_TEST(
            (std::count(pinger.threads.begin(), pinger.threads.end(), host.thread.get_id()) == 20));
    }
}

BOOST_AUTO_TEST_SUITE_END()
