// D31: what observers receive about handlers and steps, what runs around steps, and how far agents
// are.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

thread_local std::string tenant; // NOLINT: what a step may find on its thread

/// A bus in virtual time whose steps and handlers take some time.
struct WatchedWorld {
    explicit WatchedWorld(bool stored, bus::AroundSteps around = {})
        : bus{{.runtime = runtime,
               .store = stored ? std::make_shared<bus::MemoryStore>() : nullptr,
               .unheard = nullptr,
               .around_steps = std::move(around)}} {}

    /// Adds an agent that runs this for pings, with a second between attempts.
    template <class F>
    void add(const std::string& name, F step) {
        auto agent = scripted(name);
        agent->settings().retry = test::every(1s, 3);
        agent->handles<PingEvent, PongEvent>(std::move(step));
        agent->gives_up_with<PongEvent>(
            [this](const bus::DomainEvent&, const bus::Failure& failure, bus::Context&) {
                given_up.emplace_back(failure.what());
            });
        bus.add(std::move(agent));
    }

    bus::AgentStatus status() { return bus.status().front(); }

    std::vector<std::string> given_up;
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus;
};

struct SeenStep {
    std::string by;
    std::string handler;
    bus::Duration duration;
    std::uint32_t attempt;
};

} // namespace

BOOST_AUTO_TEST_SUITE(watching)

BOOST_AUTO_TEST_CASE(D31_handled_says_by_whom_how_long_it_took_and_at_which_attempt) {
    for (const bool stored : {false, true}) {
        WatchedWorld world{stored};
        bus::Observers observers{world.bus};
        std::vector<SeenStep> seen;
        observers.handled.connect([&](const bus::DomainEvent&, const bus::Handled& handled) {
            seen.push_back({std::string{handled.by}, std::string{handled.handler}, handled.duration,
                            handled.attempt});
        });
        const auto handler =
            world.bus.subscribe<PingEvent>([&](const PingEvent&) { world.runtime->pass(3ms); },
                                           bus::SubscribeOptions{.name = "audit"});
        world.add("agent", [&](const PingEvent&, bus::Context& context) {
            world.runtime->pass(5ms);
            if (context.attempt() == 1) {
                throw std::runtime_error{"once"};
            }
            world.runtime->pass(2ms);
        });
        world.bus.publish(ping("x"));
        world.runtime->run_for(5s);
        BOOST_REQUIRE(seen.size() == 2U);
        BOOST_TEST(seen[0].by.empty());
        BOOST_TEST(seen[0].handler == "audit");
        BOOST_TEST((seen[0].duration == 3ms));
        BOOST_TEST(seen[1].by == "agent");
        BOOST_TEST(seen[1].handler.empty());
        BOOST_TEST((seen[1].duration == 7ms));
        BOOST_TEST(seen[1].attempt == 2U);
    }
}

BOOST_AUTO_TEST_CASE(D31_slots_and_sinks_that_take_only_the_name_get_it) {
    WatchedWorld world{false};
    world.add("agent", [](const PingEvent&, bus::Context&) {});
    std::string by;
    {
        bus::Observers observers{world.bus};
        observers.handled.connect(
            [&](const bus::DomainEvent&, std::string_view name) { by += name; });
        world.bus.publish(ping("x"));
        world.bus.wait_idle();
    }
    BOOST_TEST(by == "agent");

    struct Sink : bus::ObserverSink {
        void on_published(const bus::DomainEvent&) noexcept override {}

        void on_handled(const bus::DomainEvent&, std::string_view name) noexcept override {
            by += name;
        }

        void on_failed(const bus::DomainEvent&, std::string_view,
                       const bus::Failure&) noexcept override {}

        void on_unhandled(const bus::DomainEvent&) noexcept override {}

        void on_dead_lettered(const bus::DomainEvent&, std::string_view,
                              const bus::Failure&) noexcept override {}

        void on_trouble(std::string_view) noexcept override {}

        std::string by;
    };

    const auto sink = std::make_shared<Sink>();
    static_cast<void>(world.bus.set_observer_sink(sink));
    world.bus.publish(ping("x"));
    world.bus.wait_idle();
    BOOST_TEST(sink->by == "agent");
}

BOOST_AUTO_TEST_CASE(D31_a_function_around_steps_sees_begin_end_and_failure) {
    for (const bool stored : {false, true}) {
        std::vector<std::string> trace;
        WatchedWorld world{stored, [&](const bus::StepInfo& step, const bus::RunStep& run) {
                               const std::string which = std::string{step.agent} + " " +
                                                         std::string{step.event.event_type()} +
                                                         " " + std::to_string(step.attempt) +
                                                         (step.giving_up ? " gives up" : "");
                               trace.push_back("begin " + which);
                               tenant = step.event.user_id;
                               const bus::Failure* const failure = run();
                               tenant.clear();
                               trace.push_back(failure != nullptr ? failure->what() : "end");
                           }};
        std::vector<std::string> tenants;
        world.add("agent", [&](const PingEvent&, bus::Context& context) {
            tenants.push_back(tenant);
            if (context.attempt() < 4) {
                throw std::runtime_error{"not yet"};
            }
        });
        PingEvent event = ping("x");
        event.user_id = "ada";
        world.bus.publish(event);
        world.runtime->run_for(10s);
        const std::vector<std::string> expected{
            "begin agent PingEvent 1", "not yet", "begin agent PingEvent 2",          "not yet",
            "begin agent PingEvent 3", "not yet", "begin agent PingEvent 3 gives up", "end"};
        BOOST_TEST(trace == expected, boost::test_tools::per_element());
        BOOST_TEST((tenants == std::vector<std::string>{"ada", "ada", "ada"}));
        BOOST_TEST(tenant.empty());
    }
}

BOOST_AUTO_TEST_CASE(D31_an_exception_around_a_step_is_its_failure_and_the_step_has_no_effect) {
    for (const bool stored : {false, true}) {
        for (const bool after : {false, true}) {
            WatchedWorld world{stored, [&](const bus::StepInfo& step, const bus::RunStep& run) {
                                   if (after && !step.giving_up) {
                                       run();
                                   }
                                   if (!step.giving_up) {
                                       throw bus::Failure::rejected("no such tenant");
                                   }
                                   run();
                               }};
            int ran = 0;
            int pongs = 0;
            world.add("agent", [&](const PingEvent&, bus::Context& context) {
                ++ran;
                context.publish(pong("x"));
            });
            const auto handler = world.bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
            world.bus.publish(ping("x"));
            world.runtime->run_for(10s);
            BOOST_TEST(ran == (after ? 1 : 0));
            BOOST_TEST(pongs == 0);
            BOOST_TEST((world.given_up == std::vector<std::string>{"no such tenant"}));
            BOOST_TEST(world.status().dead == 1U);
            if (stored) {
                BOOST_TEST(world.bus.store()->conservation().front().holds());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(D31_a_function_that_does_not_run_the_step_once_makes_it_fail) {
    for (const int times : {0, 2}) {
        WatchedWorld world{false, [&](const bus::StepInfo& step, const bus::RunStep& run) {
                               for (int i = 0; i < (step.giving_up ? 1 : times); ++i) {
                                   run();
                               }
                           }};
        world.add("agent", [](const PingEvent&, bus::Context&) {});
        world.bus.publish(ping("x"));
        world.runtime->run_for(10s);
        BOOST_REQUIRE(world.given_up.size() == 1U);
        BOOST_TEST(world.given_up.front().find(times == 0 ? "without running" : "twice") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(D31_the_status_says_how_far_behind_an_agent_is_and_when_it_committed) {
    WatchedWorld world{true};
    bool fails = false;
    world.add("agent", [&](const PingEvent&, bus::Context&) {
        if (fails) {
            throw std::runtime_error{"no answer"};
        }
    });
    BOOST_TEST(world.status().lag == 0U);
    BOOST_TEST(!world.status().last_commit);
    BOOST_TEST(!world.status().oldest_waiting);
    world.bus.publish(ping("x"));
    world.bus.publish(pong("x")); // not its own
    world.bus.wait_idle();
    BOOST_TEST(world.status().lag == 0U);
    BOOST_TEST(!world.status().oldest_waiting);
    const auto first = world.status().last_commit;
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST((*first == world.runtime->now()));

    world.runtime->pass(1h);
    fails = true;
    const bus::Timestamp oldest = world.runtime->now();
    world.bus.publish(ping("x"));
    world.bus.wait_idle();
    world.runtime->pass(1ms);
    world.bus.publish(ping("x")); // parked
    world.bus.wait_idle();
    const bus::AgentStatus waiting = world.status();
    BOOST_TEST(waiting.retrying == 1U);
    BOOST_TEST(waiting.parked == 1U);
    BOOST_TEST(waiting.lag == 0U); // settled: it waits in rows of its own
    BOOST_REQUIRE(waiting.oldest_waiting.has_value());
    BOOST_TEST((*waiting.oldest_waiting == oldest));
    BOOST_TEST((*waiting.last_commit > *first));

    fails = false;
    world.runtime->run_for(10s);
    BOOST_TEST(!world.status().oldest_waiting);
}

BOOST_AUTO_TEST_CASE(D31_the_status_counts_events_that_an_agent_has_not_begun_as_lag) {
    for (const bool stored : {false, true}) {
        WatchedWorld world{stored};
        world.add("agent", [](const PingEvent&, bus::Context&) {});
        world.runtime->run_for(2s);
        std::vector<bus::AgentStatus> during;
        world.add("other", [&](const PingEvent&, bus::Context&) {
            during.push_back(world.bus.status().back());
        });
        const bus::Timestamp happened = world.runtime->now();
        for (int i = 0; i < 3; ++i) {
            world.bus.post(ping("x", i));
        }
        world.runtime->run_for(1s);
        BOOST_REQUIRE(during.size() == 3U);
        BOOST_TEST(during.front().lag >= (stored ? 1U : 0U));
        if (stored) {
            BOOST_REQUIRE(during.front().oldest_waiting.has_value());
            BOOST_TEST((*during.front().oldest_waiting == happened));
        }
        BOOST_TEST(world.bus.status().back().lag == 0U);
    }
}

BOOST_AUTO_TEST_CASE(D31_around_steps_and_durations_work_on_many_threads) {
    std::mutex mutex;
    std::multiset<std::string> seen;
    std::size_t handled = 0;
    bus::BusOptions options{.runtime = std::make_shared<bus::SystemRuntime>(4)};
    options.around_steps = [](const bus::StepInfo& step, const bus::RunStep& run) {
        tenant = step.event.user_id;
        run();
        tenant.clear();
    };
    bus::Bus bus{std::move(options)};
    bus::Observers observers{bus};
    observers.handled.connect([&](const bus::DomainEvent&, const bus::Handled& one) {
        const std::lock_guard lock{mutex};
        handled += one.duration >= bus::Duration::zero() ? 1U : 0U;
    });
    auto agent = scripted("agent");
    agent->settings().workers = 4;
    agent->settings().pool = {"four", 4};
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        const std::lock_guard lock{mutex};
        seen.insert(tenant == event.user_id ? "right" : "wrong");
    });
    bus.add(std::move(agent));
    for (int i = 0; i < 200; ++i) {
        PingEvent event = ping("x" + std::to_string(i));
        event.user_id = "tenant" + std::to_string(i % 7);
        bus.publish(event);
    }
    BOOST_TEST(bus.wait_idle(30s));
    const std::lock_guard lock{mutex};
    BOOST_TEST(seen.count("right") == 200U);
    BOOST_TEST(handled == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
