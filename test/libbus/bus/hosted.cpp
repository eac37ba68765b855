// A bus in the host's loop, or on its executor: A10. Also: the same seed gives the same order.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

/// Answers each ping with a pong, and notes the threads that it ran on.
std::unique_ptr<test::ScriptedAgent> answering(std::set<std::thread::id>& threads) {
    auto agent = scripted("answering");
    agent->handles<PingEvent, PongEvent>([&](const PingEvent& event, bus::Context& context) {
        threads.insert(std::this_thread::get_id());
        context.publish(pong(event.name, event.number));
    });
    return agent;
}

/// An executor of the host: tasks wait until it runs them.
class HostQueue final : public bus::Executor {
public:
    void post(bus::Task task) override {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }

    bool run_one() {
        bus::Task task;
        {
            const std::lock_guard lock{mutex_};
            if (tasks_.empty()) {
                return false;
            }
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
        return true;
    }

private:
    std::mutex mutex_;
    std::deque<bus::Task> tasks_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(hosted)

BOOST_AUTO_TEST_CASE(A10_a_host_drives_everything_from_its_own_loop) {
    for (const bool stored : {false, true}) {
        int wakes = 0;
        auto runtime = std::make_shared<bus::PolledRuntime>([&] { ++wakes; });
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        std::set<std::thread::id> threads;
        int answers = 0;
        bus.add(answering(threads));
        const auto counter = bus.subscribe<PongEvent>([&](const PongEvent&) { ++answers; });
        bus.post(ping("a"));
        bus.post(ping("b"));
        BOOST_TEST(wakes > 0);
        BOOST_TEST(answers == 0); // nothing runs by itself
        while (bus.poll() > 0) {
        }
        BOOST_TEST(answers == 2);
        BOOST_TEST(threads.size() == 1U);
        BOOST_TEST(threads.contains(std::this_thread::get_id()));
        BOOST_TEST(bus.idle());
        bus.post(ping("c"));
        BOOST_TEST(bus.stop(bus::Stop::drain).drained); // runs the loop itself
        BOOST_TEST(answers == 3);
    }
}

BOOST_AUTO_TEST_CASE(A10_poll_runs_at_most_as_many_tasks_as_it_is_told) {
    auto runtime = std::make_shared<bus::PolledRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    std::set<std::thread::id> threads;
    bus.add(answering(threads));
    bus.publish(ping("a"));
    BOOST_TEST(bus.poll(1) == 1U);
    BOOST_TEST(bus.poll() <= 1U);
    BOOST_TEST(bus.poll() == 0U);
}

BOOST_AUTO_TEST_CASE(A10_polling_a_bus_that_runs_by_itself_does_nothing) {
    bus::Bus bus;
    BOOST_TEST(bus.poll() == 0U);
}

BOOST_AUTO_TEST_CASE(A10_agents_run_on_the_hosts_own_executor) {
    auto host = std::make_shared<HostQueue>();
    bus::Bus bus{{std::make_shared<bus::SystemRuntime>(host), nullptr}};
    std::set<std::thread::id> threads;
    int answers = 0;
    bus.add(answering(threads));
    const auto counter = bus.subscribe<PongEvent>([&](const PongEvent&) { ++answers; });
    bus.publish(ping("a"));
    BOOST_TEST(answers == 0);
    while (host->run_one()) {
    }
    BOOST_TEST(answers == 1);
    BOOST_TEST(threads.contains(std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_order_of_steps_and_another_seed_another_order) {
    const auto order_under = [](std::uint64_t seed) {
        auto runtime = std::make_shared<bus::SimulatedRuntime>(seed);
        bus::Bus bus{{runtime, nullptr}};
        std::string order;
        for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
            auto agent = scripted(std::string(1, name));
            agent->settings().workers = 2;
            agent->handles<PingEvent>([&order, name](const PingEvent& event, bus::Context&) {
                order += name + std::to_string(event.number);
            });
            bus.add(std::move(agent));
        }
        for (int i = 0; i < 8; ++i) {
            bus.publish(ping(std::to_string(i), i));
        }
        runtime->run_until_idle();
        return order;
    };
    BOOST_TEST(order_under(1) == order_under(1));
    BOOST_TEST(order_under(1).size() == 5U * 8U * 2U);
    BOOST_TEST(order_under(1) != order_under(2));
}

BOOST_AUTO_TEST_SUITE_END()
