// The delays in the rows of a store after the wall clock is set: S22 over restarts.
#include "test/libbus/bus/delivery/clock.hpp"
#include "test/support/troubled_store.hpp"

#include <stdexcept>

using namespace std::chrono_literals;
using test::ClockWorld;
using test::Kept;
using test::ping;
using test::PingEvent;
using test::pong;

namespace {

constexpr auto on_stores = {Kept::in_memory, Kept::in_a_file};
using Moments = ClockWorld::Moments;

void fail_first(const PingEvent&, bus::Context& context) {
    if (context.attempt() == 1) {
        throw std::runtime_error{"not at once"};
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_wall_clock_is_set_between_lives)

BOOST_AUTO_TEST_CASE(S22_a_timer_fires_on_time_after_a_step_and_a_restart) {
    test::with_each_step(on_stores, [](ClockWorld& world, bus::Duration step) {
        world.bus->schedule(24h, pong("x", 2));
        world.bus->schedule(2h, pong("x", 1));
        world.runtime->run_for(1h);
        world.step(step);
        world.end();
        world.start();
        world.runtime->run_for(48h);
        BOOST_TEST((world.fired == Moments{{1, 2h}, {2, 24h}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_a_clock_set_back_while_no_program_ran_makes_no_delay_longer_than_asked) {
    for (const bus::Duration step : {-1h, -87'600h}) {
        for (const Kept kept : on_stores) {
            ClockWorld world{kept};
            world.add(fail_first);
            world.bus->publish(ping("x", 1));
            world.bus->schedule(2h, pong("x", 2));
            world.runtime->run_for(5s);
            world.bus->schedule(1h, pong("x", 1));
            world.end();
            world.runtime->step_wall_clock(step);
            world.start();
            world.add(fail_first);
            world.runtime->run_for(3h);
            BOOST_TEST((world.done == Moments{{1, 15s}}));
            BOOST_TEST((world.fired == Moments{{1, 1h + 5s}, {2, 2h}}));
        }
    }
}

BOOST_AUTO_TEST_CASE(S22_a_redrive_happens_at_once_however_the_clock_was_set) {
    test::with_each_step(on_stores, [](ClockWorld& world, bus::Duration step) {
        world.add([](const PingEvent&, bus::Context& context) {
            if (context.redrives() == 0) {
                throw bus::Failure::rejected("no");
            }
        });
        world.bus->publish(ping("x", 1));
        world.bus->publish(ping("x", 2)); // waits behind it
        world.bus->wait_idle();
        world.step(step);
        world.bus->request({.who = "ann", .why = "fixed", .agent = "agent"});
        world.runtime->run_for(1s);
        BOOST_TEST(world.done.size() == 1U); // the one behind it has died meanwhile
        world.bus->request({.who = "ann", .why = "fixed", .agent = "agent"});
        world.runtime->run_for(1s);
        BOOST_TEST((world.done == Moments{{1, 0s}, {2, 1s}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_a_retry_is_not_delayed_if_the_agent_begins_again) {
    for (const bus::Duration step : test::clock_steps) {
        ClockWorld world{Kept::nowhere};
        const auto store =
            std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
        world.end();
        world.store = store;
        world.start();
        world.add(fail_first);
        world.bus->publish(ping("x", 1));
        world.bus->wait_idle();
        world.runtime->run_for(2s);
        world.step(step);
        int fails = 1;
        store->fails_next = [&] { return fails-- > 0; };
        BOOST_CHECK_THROW(world.bus->publish(ping("y", 2)), bus::StoreError);
        world.bus->publish(ping("y", 3)); // its first attempt fails, and with it the commit
        fails = 1;
        world.runtime->run_for(1min);
        BOOST_REQUIRE(!world.done.empty());
        BOOST_TEST((world.done.front() == std::pair<std::int64_t, bus::Duration>{1, 10s}));
        world.end();
        world.store.reset();
    }
}

BOOST_AUTO_TEST_CASE(S22_a_step_between_the_failure_and_its_commit_delays_nothing) {
    for (const bus::Duration step : test::clock_steps) {
        for (const bool before : {true, false}) {
            ClockWorld world{Kept::nowhere};
            const auto store =
                std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
            world.end();
            world.store = store;
            world.start();
            world.add(fail_first);
            bool armed = true;
            const auto set = [&] {
                if (std::exchange(armed, false)) {
                    world.runtime->step_wall_clock(step);
                }
            };
            world.bus->publish(ping("x", 1));
            if (before) {
                store->fails_next = [&] {
                    set();
                    return false;
                };
            } else {
                store->after_commit = set;
            }
            world.bus->schedule(1min, pong("x", 1));
            world.runtime->run_for(1h);
            BOOST_TEST((world.done == Moments{{1, 10s}}));
            BOOST_TEST((world.fired == Moments{{1, 1min}}));
            world.end();
            world.store.reset();
        }
    }
}

BOOST_AUTO_TEST_CASE(S22_thousands_of_timers_keep_their_order) {
    for (const bus::Duration step : test::clock_steps) {
        ClockWorld world{Kept::in_memory};
        constexpr int count = 2500; // more than are kept in memory
        for (int i = count; i > 0; --i) {
            world.bus->schedule(std::chrono::minutes{2 * i}, pong("x", 2 * i));
        }
        world.runtime->run_for(30s);
        world.step(step);
        for (int i = count; i > 0; --i) {
            world.bus->schedule(std::chrono::minutes{2 * i} - 90s, pong("x", 2 * i - 1));
        }
        world.runtime->run_for(200h);
        BOOST_REQUIRE(world.fired.size() == 2U * count);
        bool in_order = true;
        for (std::size_t i = 0; i < world.fired.size(); ++i) {
            const auto number = static_cast<std::int64_t>(i) + 1;
            in_order = in_order && world.fired[i].first == number &&
                       world.fired[i].second == std::chrono::minutes{number};
        }
        BOOST_TEST(in_order);
    }
}

BOOST_AUTO_TEST_CASE(S22_a_clock_set_forward_makes_no_event_old_enough_to_be_pruned) {
    ClockWorld world{Kept::in_memory};
    world.end();
    world.bus.emplace(bus::BusOptions{.runtime = world.runtime,
                                      .store = world.store,
                                      .retention = 90 * 24h,
                                      .retention_every = 1h});
    world.bus->publish(ping("x", 1));
    world.runtime->run_for(2h);
    world.step(87'600h);
    world.runtime->run_for(24h);
    BOOST_TEST(world.store->first_position() == 1U);
    world.runtime->run_for(90 * 24h);
    BOOST_TEST(world.store->first_position() > 1U);
}

BOOST_AUTO_TEST_CASE(S22_rows_that_cannot_be_moved_are_moved_later) {
    ClockWorld world{Kept::nowhere};
    const auto store = std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
    world.end();
    world.store = store;
    world.start();
    world.bus->schedule(2h, pong("x", 1));
    int fails = 2;
    store->fails_next = [&] { return fails-- > 0; };
    world.step(87'600h);
    BOOST_TEST(world.troubles.size() == 2U); // the clock was set, and the rows are not moved
    world.runtime->run_for(1min);
    BOOST_TEST((store->timers(bus::Timestamp::min(), 0, 1).front().due ==
                world.runtime->now() + 2h - 1min));
    world.runtime->run_for(2h);
    BOOST_TEST((world.fired == Moments{{1, 2h}}));
    world.end();
    world.store.reset();
}

BOOST_AUTO_TEST_SUITE_END()
