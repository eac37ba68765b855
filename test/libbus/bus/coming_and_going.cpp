// Removal of agents, timers of the bus, stopping from within: A3, A9, A11, A13.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

/// A bus in virtual time, with or without a store.
struct ComingAndGoingWorld {
    explicit ComingAndGoingWorld(bool stored)
        : bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}} {}

    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus;
};

/// Writes down what happens to it, and removes itself at a pong.
class Leaver final : public bus::Agent {
public:
    Leaver(std::string& diary, bus::Bus& bus) : Agent{"leaver"}, diary_{diary} {
        settings().start = bus::StartPosition::now();
        on<PongEvent>([this, &bus](const PongEvent&) {
            bus.remove("leaver");
            diary_ += "step ";
        });
    }

    Leaver(const Leaver&) = delete;
    Leaver& operator=(const Leaver&) = delete;

    ~Leaver() override { diary_ += "end "; }

    void on_stop() override { diary_ += "stop "; }

private:
    std::string& diary_;
};

/// An agent that handles pings, and calls `ends` when it is destroyed.
std::unique_ptr<test::ScriptedAgent> mortal(std::string name, std::function<void()> ends) {
    auto agent = scripted(std::move(name));
    // Owned by objects that only the agent owns.
    agent->handles<PingEvent>(
        [end = std::shared_ptr<void>{nullptr, [ends = std::move(ends)](void*) { ends(); }}](
            const PingEvent&, bus::Context&) {});
    return agent;
}

} // namespace

BOOST_AUTO_TEST_SUITE(coming_and_going)

BOOST_AUTO_TEST_CASE(A3_events_that_wait_for_a_removed_agent_are_not_handled_but_counted) {
    ComingAndGoingWorld world{false};
    int handled = 0;
    auto agent = scripted("leaver");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
    world.bus.add(std::move(agent));
    world.bus.publish(ping("a"));
    world.runtime->run_ready();
    world.bus.publish(ping("b"));
    world.bus.publish(ping("c"));
    const bus::AgentStatus status = world.bus.remove("leaver");
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.dropped == 2U);
    world.bus.publish(ping("d"));
    world.runtime->run_ready();
    BOOST_TEST(handled == 1);
    BOOST_TEST(world.bus.status().empty());
    BOOST_CHECK_THROW(world.bus.remove("leaver"), std::invalid_argument);
    world.bus.add(scripted("leaver")); // the name is free again
}

BOOST_AUTO_TEST_CASE(A3_on_a_store_events_of_a_removed_agent_wait_for_the_next_one_of_its_name) {
    ComingAndGoingWorld world{true};
    std::vector<std::int64_t> handled;
    const auto make = [&] {
        auto agent = scripted("leaver");
        agent->handles<PingEvent>(
            [&](const PingEvent& event, bus::Context&) { handled.push_back(event.number); });
        return agent;
    };
    world.bus.add(make());
    world.bus.post(ping("x", 1));
    world.runtime->run_ready();
    world.bus.remove("leaver");
    world.bus.post(ping("x", 2));
    world.runtime->run_ready();
    world.bus.add(make());
    world.runtime->run_ready();
    const std::vector<std::int64_t> expected{1, 2};
    BOOST_TEST(handled == expected, boost::test_tools::per_element());
    BOOST_CHECK_THROW(world.bus.remove("nobody"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(A3_an_agent_may_remove_itself_in_a_step) {
    for (const bool stored : {false, true}) {
        ComingAndGoingWorld world{stored};
        int handled = 0;
        auto agent = scripted("leaver");
        agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
            ++handled;
            world.bus.remove("leaver");
        });
        world.bus.add(std::move(agent));
        world.bus.post(ping("a"));
        world.bus.post(ping("b"));
        world.runtime->run_ready();
        BOOST_TEST(handled == 1);
        BOOST_TEST(world.bus.status().empty());
    }
}

BOOST_AUTO_TEST_CASE(A3_an_agent_has_ended_when_its_removal_returns) {
    const auto runtime = std::make_shared<bus::SystemRuntime>(2);
    for (const bool stored : {false, true}) {
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        for (int round = 0; round < 500; ++round) {
            std::thread::id ended_in;
            bus.add(mortal("leaver", [&] { ended_in = std::this_thread::get_id(); }));
            bus.publish(ping("x"));
            if (round % 2 == 0) {
                bus.publish(pong("x")); // skipped: the checkpoint is written when the agent leaves
                bus.wait_idle();
            }
            bus.remove("leaver");
            BOOST_TEST((ended_in == std::this_thread::get_id()));
        }
    }
}

BOOST_AUTO_TEST_CASE(A3_the_agents_of_a_bus_have_ended_with_it_even_if_its_runtime_continues) {
    const auto runtime = std::make_shared<bus::SystemRuntime>(2);
    for (const bool stored : {false, true}) {
        for (int round = 0; round < 300; ++round) {
            std::thread::id ended_in;
            {
                bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
                bus.add(mortal("worker", [&] { ended_in = std::this_thread::get_id(); }));
                bus.publish(ping("x"));
                bus.publish(pong("x"));
            }
            BOOST_TEST((ended_in == std::this_thread::get_id()));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_graph_can_be_drawn_while_agents_come_and_go) {
    for (const bool stored : {false, true}) {
        bus::Bus bus{{nullptr, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        std::atomic<bool> over{false};
        std::thread draws{[&] {
            while (!over) {
                BOOST_TEST(bus.graph().agents().size() <= 1U);
            }
        }};
        for (int round = 0; round < 300; ++round) {
            bus.add(mortal("leaver", [] {}));
            bus.remove("leaver");
        }
        over = true;
        draws.join();
    }
}

BOOST_AUTO_TEST_CASE(A13_an_agent_that_a_step_removes_is_stopped_and_ends_after_its_last_step) {
    for (const bool stored : {false, true}) {
        std::string diary;
        ComingAndGoingWorld world{stored};
        auto boss = scripted("boss");
        boss->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
            diary += "remove ";
            world.bus.remove(event.name);
        });
        world.bus.add(std::move(boss));
        world.bus.emplace<Leaver>(diary, world.bus);
        world.bus.publish(ping("leaver"));
        world.bus.wait_idle();
        BOOST_TEST(diary == "remove stop end ");
        BOOST_TEST(world.bus.status().size() == 1U);

        diary.clear();
        world.bus.emplace<Leaver>(diary, world.bus);
        world.bus.publish(pong("leaver")); // it removes itself
        world.bus.wait_idle();
        BOOST_TEST(diary == "step stop end ");
        world.bus.emplace<Leaver>(diary, world.bus); // its name is free again
        BOOST_TEST(world.bus.stop(bus::Stop::drain).drained);
    }
}

BOOST_AUTO_TEST_CASE(A13_an_agent_that_a_step_removes_has_ended_when_its_bus_has_ended) {
    const auto runtime = std::make_shared<bus::SystemRuntime>(2);
    for (int round = 0; round < 300; ++round) {
        std::string diary;
        {
            bus::Bus bus{{runtime, std::make_shared<bus::MemoryStore>()}};
            bus.emplace<Leaver>(diary, bus);
            bus.publish(pong("leaver"));
            if (round % 2 == 0) {
                bus.wait_idle();
                BOOST_TEST(diary == "step stop end ");
            }
        }
        BOOST_TEST(diary.ends_with("stop end "));
    }
}

BOOST_AUTO_TEST_CASE(if_two_threads_remove_an_agent_one_succeeds_and_the_name_is_freed_once) {
    const auto runtime = std::make_shared<bus::SystemRuntime>(2);
    for (const bool stored : {false, true}) {
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        for (int round = 0; round < 2000; ++round) {
            bus.add(scripted("leaver"));
            std::atomic<int> removed{0};
            std::atomic<int> arrived{0};
            const auto remove = [&] {
                for (++arrived; arrived < 2;) { // if they slept, they would start apart
                    std::this_thread::yield();
                }
                try {
                    bus.remove("leaver");
                    ++removed;
                } catch (const std::invalid_argument&) {
                    return; // the other thread has removed it
                }
            };
            std::thread one{remove};
            std::thread other{remove};
            one.join();
            other.join();
            BOOST_TEST(removed == 1);
            BOOST_TEST(bus.status().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(A9_timers_of_the_bus_fire_in_order_of_their_times_unless_cancelled) {
    ComingAndGoingWorld world{false};
    std::string seen;
    const auto handler =
        world.bus.subscribe<PingEvent>([&](const PingEvent& event) { seen += event.name; });
    world.bus.schedule(20ms, ping("d"));
    world.bus.schedule(10ms, ping("b"));
    world.bus.schedule(10ms, ping("c"));
    const bus::TimerHandle never = world.bus.schedule(15ms, ping("X"));
    world.bus.schedule(-1h, ping("a"));
    BOOST_TEST(world.bus.cancel(never));
    BOOST_TEST(!world.bus.cancel(never));
    world.runtime->run_ready();
    BOOST_TEST(seen == "a");
    world.runtime->run_for(1s);
    BOOST_TEST(seen == "abcd");
}

BOOST_AUTO_TEST_CASE(A9_a_stopped_bus_drops_its_timers_and_says_how_many) {
    ComingAndGoingWorld world{false};
    world.bus.schedule(1h, ping("a"));
    const bus::StopReport report = world.bus.stop(bus::Stop::drain);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.timers == 1U);
    BOOST_CHECK_THROW(world.bus.schedule(1h, ping("a")), std::logic_error);
}

BOOST_AUTO_TEST_CASE(A11_a_handler_may_stop_the_bus_and_everything_queued_is_handled) {
    for (const bool stored : {false, true}) {
        bus::Bus bus{{nullptr, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        std::atomic<int> handled{0};
        auto agent = scripted("worker");
        agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
        bus.add(std::move(agent));
        bool drained = false;
        const auto stopper = bus.subscribe<PongEvent>(
            [&](const PongEvent&) { drained = bus.stop(bus::Stop::drain).drained; });
        for (int i = 0; i < 100; ++i) {
            bus.post(ping("x", i));
        }
        bus.publish(pong("stop"));
        BOOST_TEST(drained);
        BOOST_TEST(handled == 100);
    }
}

BOOST_AUTO_TEST_CASE(A11_a_step_may_stop_the_bus_which_then_drains_after_the_step) {
    for (const bool stored : {false, true}) {
        bus::Bus bus{{nullptr, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        std::atomic<int> handled{0};
        std::latch may_go{1};
        auto agent = scripted("worker");
        agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
            may_go.wait();
            ++handled;
            if (event.number == 0) {
                const auto begun = bus.stop(bus::Stop::drain);
                BOOST_TEST(!begun.drained); // a step cannot wait for itself
            }
        });
        bus.add(std::move(agent));
        for (int i = 0; i < 50; ++i) {
            bus.post(ping("x", i));
        }
        may_go.count_down();
        const bus::StopReport report = bus.stop(bus::Stop::drain);
        BOOST_TEST(report.drained);
        BOOST_TEST(handled == 50);
    }
}

BOOST_AUTO_TEST_CASE(A11_a_step_may_stop_the_bus_now_and_the_rest_stays) {
    ComingAndGoingWorld world{false};
    int handled = 0;
    auto agent = scripted("worker");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
        ++handled;
        world.bus.stop(bus::Stop::now);
    });
    world.bus.add(std::move(agent));
    world.bus.publish(ping("a"));
    world.bus.publish(ping("b"));
    world.runtime->run_ready();
    BOOST_TEST(handled == 1);
    BOOST_TEST(world.bus.stop(bus::Stop::now).queued == 1U);
}

BOOST_AUTO_TEST_CASE(A11_a_draining_bus_accepts_only_what_follows_from_an_event) {
    ComingAndGoingWorld world{false};
    std::string seen;
    auto agent = scripted("worker");
    agent->handles<PingEvent, PongEvent>(
        [&](const PingEvent& event, bus::Context& context) { context.publish(pong(event.name)); });
    world.bus.add(std::move(agent));
    const auto follow = world.bus.subscribe<PongEvent>([&](const PongEvent&) {
        world.bus.publish(test::given_up("x", "follows"));
        seen += 'p';
    });
    const auto last =
        world.bus.subscribe<test::GivenUpEvent>([&](const test::GivenUpEvent&) { seen += 'g'; });
    world.bus.publish(ping("a"));
    BOOST_TEST(world.bus.stop(bus::Stop::drain).drained);
    BOOST_TEST(seen == "gp");
    BOOST_CHECK_THROW(world.bus.publish(ping("b")), std::logic_error);
}

BOOST_AUTO_TEST_CASE(A11_stop_now_leaves_posted_handlers_that_have_not_begun_and_counts_them) {
    ComingAndGoingWorld world{false};
    int handled = 0;
    const auto handler = world.bus.subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    for (int i = 0; i < 3; ++i) {
        world.bus.post(ping("x", i));
    }
    BOOST_TEST(world.bus.stop(bus::Stop::now).queued == 3U);
    BOOST_TEST(handled == 0);
}

BOOST_AUTO_TEST_CASE(A11_a_bus_stopped_in_a_step_of_another_bus_waits_for_its_own_steps) {
    for (int round = 0; round < 20; ++round) {
        std::latch entered{1};
        std::atomic<bool> left{false};
        auto inner = std::make_unique<bus::Bus>();
        auto slow = scripted("slow");
        slow->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
            entered.count_down();
            for (int i = 0; i < 100; ++i) {
                std::this_thread::yield();
            }
            left = true;
        });
        inner->add(std::move(slow));
        bus::Bus outer;
        std::atomic<bool> left_when_stopped{false};
        auto stopper = scripted("stopper");
        stopper->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
            inner->stop(bus::Stop::now);
            left_when_stopped = left.load();
            inner.reset();
        });
        outer.add(std::move(stopper));
        inner->publish(ping("x"));
        entered.wait();
        outer.publish(ping("x"));
        BOOST_TEST(outer.wait_idle());
        BOOST_TEST(left_when_stopped);
    }
}

BOOST_AUTO_TEST_CASE(wait_idle_on_a_worker_returns_false_at_once) {
    for (const bool stored : {false, true}) {
        ComingAndGoingWorld world{stored};
        bool rested = true;
        const auto handler = world.bus.subscribe<PingEvent>(
            [&](const PingEvent&) { rested = world.bus.wait_idle(); });
        world.bus.post(ping("x"));
        world.runtime->run_until_idle();
        BOOST_TEST(!rested);
    }
}

BOOST_AUTO_TEST_CASE(A9_a_timer_of_one_bus_means_nothing_to_another) {
    ComingAndGoingWorld one{false};
    ComingAndGoingWorld other{false};
    const bus::TimerHandle timer = one.bus.schedule(1h, ping("a"));
    other.bus.schedule(1h, ping("b"));
    BOOST_TEST(!other.bus.cancel(timer));
    BOOST_TEST(one.bus.cancel(timer));
}

BOOST_AUTO_TEST_CASE(A13_an_exception_while_a_timer_publishes_is_reported_and_the_others_fire) {
    ComingAndGoingWorld world{false};
    bus::Observers observers{world.bus};
    std::vector<std::string> failed;
    const boost::signals2::scoped_connection watch = observers.failed.connect(
        [&](const bus::DomainEvent&, std::string_view, const bus::Failure& failure) {
            failed.emplace_back(failure.what());
        });
    int calls = 0;
    const auto thrower = world.bus.subscribe<PingEvent>(
        [](const PingEvent&) { throw std::runtime_error{"in a timer"}; });
    const auto other = world.bus.subscribe<PongEvent>([&](const PongEvent&) { ++calls; });
    world.bus.schedule(1ms, ping("a"));
    world.bus.schedule(2ms, pong("a"));
    world.runtime->run_for(1s);
    BOOST_REQUIRE(failed.size() == 1U);
    BOOST_TEST(failed.front() == "in a timer");
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
