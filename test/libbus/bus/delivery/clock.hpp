#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// Steps of the wall clock: the first synchronisation, a machine without a clock, and the same
/// steps back.
inline constexpr bus::Duration clock_steps[] = {std::chrono::hours{1}, std::chrono::hours{87'600},
                                                -std::chrono::hours{1},
                                                -std::chrono::hours{87'600}};

enum class Kept : std::uint8_t { nowhere, in_memory, in_a_file };

/// A bus in virtual time, with or without a store, whose wall clock a test sets. It notes what
/// happens at which time of the steady clock.
struct ClockWorld {
    explicit ClockWorld(Kept kept_where) : kept{kept_where} {
        if (kept == Kept::in_memory) {
            store = std::make_shared<bus::MemoryStore>();
        }
        start();
    }

    ClockWorld(const ClockWorld&) = delete;
    ClockWorld& operator=(const ClockWorld&) = delete;

    ~ClockWorld() {
        end();
        if (kept == Kept::in_a_file) {
            const auto report = bus::verify({.path = folder.path() / "store.db"});
            for (const bus::Finding& finding : report.findings) {
                BOOST_ERROR(finding.what);
            }
        }
    }

    void start() {
        if (kept == Kept::in_a_file) {
            store = bus::SqliteStore::open({.path = folder.path() / "store.db"});
        }
        bus.emplace(bus::BusOptions{runtime, store});
        observers.emplace(*bus);
        observers->trouble.connect([this](std::string_view what) { troubles.emplace_back(what); });
        pongs = bus->subscribe<PongEvent>([this](const PongEvent& event) {
            fired.emplace_back(event.number, runtime->steady_now() - began);
            events.push_back(event);
        });
    }

    void end() {
        pongs = {};
        observers.reset();
        bus.reset();
        if (kept == Kept::in_a_file) {
            store.reset();
        }
    }

    /// An agent whose steps first fail as `fail` says, which gets the number of the attempt. Then
    /// they succeed and are noted.
    void add(std::function<void(const PingEvent&, bus::Context&)> fail,
             bus::RetryPolicy retry = every(std::chrono::seconds{10}, 5)) {
        auto agent = scripted("agent");
        agent->settings().retry = retry;
        agent->handles<PingEvent>(
            [this, fail = std::move(fail)](const PingEvent& event, bus::Context& context) {
                fail(event, context);
                done.emplace_back(event.number, runtime->steady_now() - began);
            });
        bus->add(std::move(agent));
    }

    /// Sets the wall clock, and waits until the bus notices it.
    void step(bus::Duration by) {
        runtime->step_wall_clock(by);
        runtime->run_ready();
    }

    using Moments = std::vector<std::pair<std::int64_t, bus::Duration>>;

    Kept kept;
    TempFolder folder;
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::SteadyTime began = runtime->steady_now();
    std::shared_ptr<bus::EventStore> store;
    std::vector<std::string> troubles;
    Moments fired; ///< pongs, by their numbers
    Moments done;  ///< pings
    std::vector<PongEvent> events;
    std::optional<bus::Bus> bus;
    std::optional<bus::Observers> observers;
    bus::Subscription pongs;
};

/// Runs a test for each store and each step.
inline void with_each_step(std::initializer_list<Kept> kept,
                           const std::function<void(ClockWorld& world, bus::Duration step)>& test) {
    for (const Kept where : kept) {
        for (const bus::Duration step : clock_steps) {
            BOOST_TEST_CONTEXT("kept " << static_cast<int>(where) << ", step "
                                       << step.count() / 1'000'000 << " s") {
                ClockWorld world{where};
                test(world, step);
            }
        }
    }
}

} // namespace test
