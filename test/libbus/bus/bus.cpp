// Promises of the class Bus that the tests of its parts do not cover.
#include <bus/bus.hpp>

#if defined(BOOST_SIGNALS2_SIGNAL_HPP) || defined(SQLITE_VERSION)
#error "bus.hpp must bring in neither Boost.Signals2 nor SQLite"
#endif

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::PongEvent;

BOOST_AUTO_TEST_SUITE(whole_bus)

BOOST_AUTO_TEST_CASE(a_bus_made_without_arguments_has_a_runtime_and_no_store) {
    bus::Bus bus;
    BOOST_TEST((bus.store() == nullptr));
    BOOST_TEST((bus.runtime().now() > bus::Timestamp{1'735'689'600s}));
    BOOST_TEST(bus.idle());
    BOOST_TEST(bus.status().empty());
}

BOOST_AUTO_TEST_CASE(a_bus_shows_the_runtime_and_the_store_that_it_was_given) {
    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{runtime, store}};
    BOOST_TEST((&bus.runtime() == runtime.get()));
    BOOST_TEST((bus.store() == store.get()));
}

BOOST_AUTO_TEST_CASE(two_buses_know_nothing_of_each_other) {
    bus::Bus one;
    bus::Bus other;
    int seen = 0;
    const auto handler = one.subscribe<PingEvent>([&](const PingEvent&) { ++seen; });
    other.publish(ping("x"));
    BOOST_TEST(seen == 0);
    one.publish(ping("x"));
    BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(emplace_makes_an_agent_and_returns_it) {
    struct Greeter : bus::Agent {
        explicit Greeter(std::string name) : Agent{std::move(name)} {
            on<PingEvent>(
                [this](const PingEvent&) { ++greeted; }); // a handler may do without context
        }

        int greeted = 0;
    };

    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    const Greeter& greeter = bus.emplace<Greeter>("greeter");
    bus.publish(ping("x"));
    bus.wait_idle();
    BOOST_TEST(greeter.greeted == 1);
    BOOST_TEST(bus.status().front().name == "greeter");
}

BOOST_AUTO_TEST_CASE(the_status_names_agents_in_the_order_in_which_they_were_added) {
    for (const bool stored : {false, true}) {
        auto runtime = std::make_shared<bus::SimulatedRuntime>();
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        for (const auto* name : {"zoe", "adam", "mia"}) {
            bus.add(test::scripted(name));
        }
        std::string names;
        for (const bus::AgentStatus& status : bus.status()) {
            names += status.name + " ";
        }
        BOOST_TEST(names == "zoe adam mia ");
    }
}

BOOST_AUTO_TEST_CASE(the_same_program_gives_the_same_answers_with_and_without_a_store) {
    const auto answers = [](std::shared_ptr<bus::EventStore> store) {
        auto runtime = std::make_shared<bus::SimulatedRuntime>();
        bus::Bus bus{{runtime, std::move(store)}};
        std::vector<std::int64_t> seen;
        const auto handler =
            bus.subscribe<PongEvent>([&](const PongEvent& event) { seen.push_back(event.number); });
        auto agent = test::scripted("adder");
        agent->settings().retry = test::every(1s, 3);
        agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
            const auto sum = context.state<std::int64_t>("sum").value_or(0) + event.number;
            context.set_state("sum", sum);
            context.publish(test::pong("x", sum));
            if (event.number == 3 && context.attempt() == 1) {
                throw std::runtime_error{"once"};
            }
        });
        bus.add(std::move(agent));
        for (int i = 1; i <= 5; ++i) {
            bus.publish(ping("x", i));
            runtime->run_until_idle();
        }
        return seen;
    };
    const std::vector<std::int64_t> expected{1, 3, 6, 10, 15};
    BOOST_TEST(answers(nullptr) == expected, boost::test_tools::per_element());
    BOOST_TEST(answers(std::make_shared<bus::MemoryStore>()) == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(stopping_while_others_publish_loses_no_accepted_event) {
    auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{nullptr, store}};
    std::atomic<std::uint64_t> taken{0};
    std::vector<std::thread> publishers;
    for (int p = 0; p < 3; ++p) {
        publishers.emplace_back([&] {
            try {
                for (;;) {
                    bus.publish(ping("x"));
                    ++taken;
                }
            } catch (const std::logic_error&) {
                return; // the bus is stopping
            }
        });
    }
    while (taken < 100) {
        std::this_thread::yield();
    }
    bus.stop(bus::Stop::drain);
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(store->last_position() == taken.load());
}

BOOST_AUTO_TEST_SUITE_END()
