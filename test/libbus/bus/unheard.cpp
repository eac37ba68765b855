// D30: each failure that no observer receives is reported in one line.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <mutex>
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

/// A bus in virtual time, and the lines that it reported.
struct World {
    explicit World(bool stored = false)
        : bus{std::in_place,
              bus::BusOptions{.runtime = runtime,
                              .store = stored ? std::make_shared<bus::MemoryStore>() : nullptr,
                              .unheard = [this](std::string_view line) { hear(line); }}} {}

    void hear(std::string_view line) {
        const std::lock_guard lock{mutex};
        lines.emplace_back(line);
    }

    [[nodiscard]] bool said(std::size_t line, std::string_view text) const {
        return line < lines.size() && lines[line].find(text) != std::string::npos;
    }

    /// Adds an agent that fails at each ping.
    void add_failing(const std::string& name, bool also_giving_up = false) {
        auto agent = scripted(name);
        agent->settings().retry = test::every(1s, 3);
        agent->handles<PingEvent>([](const PingEvent& event, bus::Context&) {
            throw std::runtime_error{"no answer to " + event.name};
        });
        if (also_giving_up) {
            agent->gives_up_with<PongEvent>(
                [](const bus::DomainEvent&, const bus::Failure&, bus::Context&) {
                    throw std::runtime_error{"nor to this"};
                });
        }
        bus->add(std::move(agent));
    }

    std::mutex mutex;
    std::vector<std::string> lines;
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    std::optional<bus::Bus> bus;
};

bus::Subscription subscribe_failing(bus::Bus& bus) {
    return bus.subscribe<PingEvent>(
        [](const PingEvent& event) { throw std::runtime_error{"broken by " + event.name}; },
        bus::SubscribeOptions{.name = "audit"});
}

/// What `act` writes to the standard error.
std::string stderr_of(const auto& act) {
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe(pipe.data()) == 0);
    const int before = ::dup(STDERR_FILENO);
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[1]);
    act();
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(pipe[0], part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(pipe[0]);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(unheard)

BOOST_AUTO_TEST_CASE(D30_a_handler_that_throws_is_logged_although_the_report_contains_it) {
    for (const bool stored : {false, true}) {
        World world{stored};
        const auto handler = subscribe_failing(*world.bus);
        const bus::PublishReport report = world.bus->publish(ping("x"));
        BOOST_TEST(report.handlers.failures.size() == 1U);
        BOOST_TEST(world.lines.size() == 1U);
        BOOST_TEST(world.said(0, "handler audit failed on PingEvent (event "));
        BOOST_TEST(world.said(0, "): broken by x"));
        BOOST_TEST(world.said(0, "BusOptions::unheard"));
        world.bus->publish(ping("y"));
        BOOST_TEST(world.said(1, "broken by y"));
        BOOST_TEST(!world.said(1, "BusOptions::unheard")); // this hint is given once
        world.bus->post(ping("posted"));
        world.bus->schedule(1s, ping("timer"));
        world.runtime->run_for(2s);
        BOOST_TEST(world.lines.size() == 4U);
    }
}

BOOST_AUTO_TEST_CASE(D30_every_exception_from_any_source_is_logged_as_one_line) {
    World world;
    const auto handler = world.bus->subscribe<PingEvent>([](const PingEvent&) { throw 42; });
    const auto lines = world.bus->subscribe<PingEvent>(
        [](const PingEvent&) { throw std::logic_error{"one\ntwo\x1b[31m"}; });
    const auto filter = world.bus->subscribe<PingEvent>(
        [](const PingEvent&) {},
        [](const PingEvent&) -> bool { throw std::runtime_error{"filter"}; });
    world.bus->publish(ping("x"));
    BOOST_TEST(world.lines.size() == 3U);
    BOOST_TEST(world.said(0, "handler 1 of PingEvent failed on PingEvent"));
    BOOST_TEST(world.said(1, "): one two [31m"));
    BOOST_TEST(world.said(2, "filter"));
}

BOOST_AUTO_TEST_CASE(D30_a_failing_step_is_logged_when_it_is_given_up_and_not_before) {
    for (const bool stored : {false, true}) {
        World world{stored};
        world.add_failing("caller");
        world.bus->publish(ping("x"));
        world.runtime->run_for(1500ms); // two attempts
        BOOST_TEST(world.lines.empty());
        world.runtime->run_for(10s);
        BOOST_TEST(world.lines.size() == 1U);
        BOOST_TEST(world.said(0, "agent caller gave up on PingEvent (event "));
        BOOST_TEST(world.said(0, "transient: no answer to x"));
        if (stored) {
            BOOST_TEST(world.bus->store()->conservation().front().holds());
        }
    }
}

BOOST_AUTO_TEST_CASE(D30_an_exception_of_on_given_up_is_logged) {
    World world;
    world.add_failing("caller", true);
    world.bus->publish(ping("x"));
    world.runtime->run_for(10s);
    BOOST_TEST(world.lines.size() == 2U);
    BOOST_TEST(world.said(1, "agent caller: on_given_up of PingEvent"));
    BOOST_TEST(world.said(1, "nor to this"));
}

BOOST_AUTO_TEST_CASE(D30_an_event_that_is_put_into_quarantine_is_logged) {
    const auto store = std::make_shared<bus::MemoryStore>();
    std::vector<bus::Part> left(2);
    left[0].events.push_back({.record = bus::encode(ping("deadly"))});
    // The state after this event has killed three processes while it ran alone.
    left[1].agent = "worker";
    left[1].start = 0;
    left[1].settled = {{1, 1}};
    left[1].delivered = 1;
    left[1].put_deliveries = {{.agent = "worker", .position = 1}};
    left[1].begun = bus::BegunNote{.repeated = {1}, .alone = 3};
    for (const bus::PartResult& result : store->commit(left, true)) {
        BOOST_TEST_REQUIRE(!result.error);
    }
    std::vector<std::string> lines;
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{.runtime = runtime, .store = store, .unheard = [&](std::string_view line) {
                      lines.emplace_back(line);
                  }}};
    auto agent = scripted("worker");
    agent->handles<PingEvent>([](const PingEvent&) { BOOST_ERROR("it was run"); });
    bus.add(std::move(agent));
    runtime->run_for(1s);
    BOOST_TEST(store->conservation().at(0).quarantined == 1U);
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0].find("agent worker") == 0U, lines[0]);
    BOOST_TEST(lines[0].find("PingEvent") != std::string::npos, lines[0]);
}

BOOST_AUTO_TEST_CASE(D30_trouble_is_logged) {
    World world;
    {
        bus::Observers observers{*world.bus};
        observers.published.connect(
            [](const bus::DomainEvent&) { throw std::runtime_error{"no power"}; });
        world.bus->publish(ping("x"));
        BOOST_TEST(world.lines.size() == 1U);
        BOOST_TEST(world.said(0, "signal published threw: no power"));
        observers.trouble.connect(
            [](std::string_view) { throw std::runtime_error{"no power either"}; });
        world.bus->publish(ping("x"));
        BOOST_TEST(world.lines.size() == 2U);
        BOOST_TEST(world.said(1, "signal trouble threw: no power either"));
    }

    struct Stopping : bus::Agent {
        Stopping() : Agent{"stopping"} {
            on<PingEvent>([](const PingEvent&, bus::Context&) {});
        }

        void on_stop() override { throw std::runtime_error{"cannot stop"}; }
    };

    world.bus->emplace<Stopping>();
    world.bus->stop(bus::Stop::drain);
    BOOST_TEST(world.lines.size() == 3U);
    BOOST_TEST(world.said(2, "agent stopping: on_stop failed: cannot stop"));
}

BOOST_AUTO_TEST_CASE(D30_a_failure_that_an_observer_of_its_signal_receives_is_not_logged) {
    for (const bool stored : {false, true}) {
        World world{stored};
        const auto handler = subscribe_failing(*world.bus);
        world.add_failing("caller");
        bus::Observers observers{*world.bus};
        int failed = 0;
        int dead = 0;
        {
            const boost::signals2::scoped_connection hears_failed = observers.failed.connect(
                [&](const auto&, std::string_view, const auto&) { ++failed; });
            const boost::signals2::scoped_connection hears_dead = observers.dead_lettered.connect(
                [&](const auto&, std::string_view, const auto&) { ++dead; });
            world.bus->publish(ping("x"));
            world.runtime->run_for(10s);
            BOOST_TEST(world.lines.empty());
            BOOST_TEST(failed == 4);
            BOOST_TEST(dead == 1);
        }
        int published = 0;
        observers.published.connect([&](const auto&) { ++published; }); // another signal
        world.bus->publish(ping("y"));
        world.runtime->run_for(10s);
        BOOST_TEST(published == 1);
        BOOST_TEST(failed == 4);
        // A dead letter of the first event holds the sequence of its own aggregate only.
        BOOST_TEST(world.lines.size() == 2U);
        BOOST_TEST(world.said(0, "broken by y"));
        BOOST_TEST(world.said(1, "gave up"));
    }
}

BOOST_AUTO_TEST_CASE(D30_at_most_ten_lines_a_second_are_logged_and_the_others_are_counted) {
    World world;
    const auto handler = subscribe_failing(*world.bus);
    for (int i = 0; i < 25; ++i) {
        world.bus->publish(ping("x"));
    }
    BOOST_TEST(world.lines.size() == 10U);
    world.runtime->run_for(1s);
    BOOST_TEST(world.lines.size() == 11U);
    BOOST_TEST(world.said(10, "15 more lines were left out"));
    for (int i = 0; i < 11; ++i) {
        world.bus->publish(ping("x"));
    }
    BOOST_TEST(world.lines.size() == 21U);
    world.bus.reset(); // nobody waits for the end of the second
    BOOST_TEST(world.lines.size() == 22U);
    BOOST_TEST(world.said(21, "1 more line was left out"));
    world.runtime->run_for(5s);
    BOOST_TEST(world.lines.size() == 22U);
}

BOOST_AUTO_TEST_CASE(D30_by_default_lines_go_to_standard_error) {
    const std::string text = stderr_of([] {
        bus::Bus bus;
        const auto handler = subscribe_failing(bus);
        bus.publish(ping("x"));
    });
    BOOST_TEST(text.find("libbus: handler audit failed on PingEvent (event ") == 0U);
    BOOST_TEST(text.find('\n') == text.size() - 1);
}

BOOST_AUTO_TEST_CASE(
    D30_a_null_callback_is_silent_and_one_that_throws_is_logged_on_standard_error) {
    for (const bool silent : {true, false}) {
        const std::string text = stderr_of([silent] {
            bus::BusOptions options;
            options.unheard = nullptr;
            if (!silent) {
                options.unheard = [](std::string_view) { throw std::runtime_error{"full"}; };
            }
            bus::Bus bus{std::move(options)};
            const auto handler = subscribe_failing(bus);
            bus.publish(ping("x"));
        });
        BOOST_TEST(text.empty() == silent);
        BOOST_TEST((text.find("broken by x") != std::string::npos) == !silent);
        BOOST_TEST((text.find("libbus: full\n") != std::string::npos) == !silent);
    }
}

BOOST_AUTO_TEST_CASE(D30_failures_of_many_threads_are_all_logged_or_counted) {
    std::mutex mutex;
    std::uint64_t said = 0;
    std::uint64_t left_out = 0;
    {
        bus::Bus bus{{.unheard = [&](std::string_view line) {
            const std::lock_guard lock{mutex};
            if (line.find("left out") != std::string_view::npos) {
                left_out += std::stoull(std::string{line});
            } else {
                ++said;
            }
        }}};
        const auto handler = subscribe_failing(bus);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 50; ++n) {
                    bus.publish(ping("x"));
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    BOOST_TEST(said >= 10U);
    BOOST_TEST(said + left_out == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
