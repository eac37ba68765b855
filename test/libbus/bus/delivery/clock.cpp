// The wall clock is set while deliveries and timers wait for delays and for times: S22, and A16
// without a store.
#include "test/libbus/bus/delivery/clock.hpp"

#include <algorithm>
#include <stdexcept>

using namespace std::chrono_literals;
using test::ClockWorld;
using test::Kept;
using test::ping;
using test::PingEvent;
using test::pong;

namespace {

constexpr auto everywhere = {Kept::nowhere, Kept::in_memory, Kept::in_a_file};
using Moments = ClockWorld::Moments;

/// Fails the first attempt of ping number 1.
void fail_once(const PingEvent& event, bus::Context& context) {
    if (event.number == 1 && context.attempt() == 1) {
        throw std::runtime_error{"not at once"};
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_wall_clock_is_set)

BOOST_AUTO_TEST_CASE(S22_a_retry_and_its_sequence_run_after_the_delay) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        world.add(fail_once);
        world.bus->publish(ping("x", 1));
        world.bus->publish(ping("x", 2));
        world.runtime->run_for(3s);
        world.step(step);
        world.runtime->run_for(1min);
        BOOST_TEST((world.done == Moments{{1, 10s}, {2, 10s}}));
        BOOST_TEST(world.troubles.size() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(S22_a_delay_that_the_failure_names_is_timed_in_the_same_way) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        world.add([](const PingEvent& event, bus::Context& context) {
            if (context.attempt() == 1 && event.number == 1) {
                throw bus::Failure::throttled("come back", 1min);
            }
            if (context.attempt() == 1 && event.number == 2) {
                throw bus::Failure::not_ready("not yet", bus::Duration{2min});
            }
        });
        world.bus->publish(ping("x", 1));
        world.bus->publish(ping("y", 2));
        world.runtime->run_for(30s);
        world.step(step);
        world.runtime->run_for(1h);
        BOOST_TEST((world.done == Moments{{1, 60s}, {2, 120s}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_timers_set_before_and_after_the_step_fire_after_their_delays) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        world.bus->schedule(10s, pong("x", 2));
        world.bus->schedule(2h, pong("x", 4));
        world.runtime->run_for(3s);
        world.runtime->step_wall_clock(step);
        world.bus->schedule(2s, pong("x", 1)); // before the step of the clock is noticed
        world.runtime->run_ready();
        world.bus->schedule(1h, pong("x", 3));
        world.runtime->run_for(24h);
        BOOST_TEST((world.fired == Moments{{1, 5s}, {2, 10s}, {3, 1h + 3s}, {4, 2h}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_timers_set_and_cancelled_by_agents_behave_the_same) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        auto agent = test::scripted("clock");
        bus::TimerHandle gone;
        agent->handles<PingEvent, test::PongEvent>(
            [&](const PingEvent& event, bus::Context& context) {
                if (event.number != 0) {
                    context.cancel(gone);
                    return;
                }
                context.schedule(10s, pong("x", 1));
                gone = context.schedule(20s, pong("x", 2));
                context.schedule(30s, pong("x", 3));
            });
        world.bus->add(std::move(agent));
        world.bus->publish(ping("x", 0));
        world.bus->wait_idle();
        world.step(step);
        world.bus->publish(ping("x", 1));
        world.runtime->run_for(1h);
        BOOST_TEST((world.fired == Moments{{1, 10s}, {3, 30s}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_what_waits_for_a_time_of_the_wall_clock_follows_the_wall_clock) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        const bus::Timestamp until = world.runtime->now() + 90min;
        world.add([&](const PingEvent& event, bus::Context& context) {
            if (context.now() < until && event.number == 1) {
                throw bus::Failure::not_ready("in the afternoon", until);
            }
        });
        world.bus->publish(ping("x", 1));
        world.bus->publish(ping("x", 2));
        world.runtime->run_for(10min);
        world.step(step);
        BOOST_TEST(world.done.size() == (step > 2h ? 2U : 0U));
        world.runtime->run_for(90min + (step < 0h ? -step : 0h));
        const bus::Duration due = std::max(bus::Duration{10min}, 90min - step);
        BOOST_TEST((world.done == Moments{{1, due}, {2, due}}));
    });
}

BOOST_AUTO_TEST_CASE(S22_each_step_of_the_clock_is_reported_once_with_its_size) {
    for (const Kept kept : everywhere) {
        ClockWorld world{kept};
        world.bus->schedule(1h, pong("x", 1));
        world.runtime->run_for(1s);
        world.step(1h);
        world.runtime->run_for(10min);
        BOOST_REQUIRE(world.troubles.size() == 1U);
        BOOST_TEST(world.troubles.front().find("set forward by 3600000 ms") != std::string::npos);
        world.step(-2h);
        world.step(10ms); // too small to be reported as a step
        world.runtime->run_for(10min);
        BOOST_REQUIRE(world.troubles.size() == 2U);
        BOOST_TEST(world.troubles.back().find("set back by 7200000 ms") != std::string::npos);
        world.runtime->run_for(2h);
        BOOST_TEST((world.fired == Moments{{1, 1h}}));
    }
}

BOOST_AUTO_TEST_CASE(S22_a_step_of_the_clock_while_nothing_waits_does_no_harm) {
    test::with_each_step(everywhere, [](ClockWorld& world, bus::Duration step) {
        world.add(fail_once);
        world.step(step);
        world.bus->publish(ping("x", 1));
        world.bus->schedule(15s, pong("x", 1));
        world.runtime->run_for(1min);
        BOOST_TEST((world.done == Moments{{1, 10s}}));
        BOOST_TEST((world.fired == Moments{{1, 15s}}));
        BOOST_TEST(world.troubles.size() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(S22_ids_keep_growing_if_the_clock_is_set_back) {
    ClockWorld world{Kept::in_memory};
    const PingEvent before = ping("x");
    world.step(-1h);
    const PingEvent after = ping("x");
    BOOST_TEST((before.event_id < after.event_id));
    BOOST_TEST((after.occurred_at == before.occurred_at - 1h));
}

BOOST_AUTO_TEST_CASE(A9_the_event_of_a_timer_has_the_time_at_which_the_timer_fires) {
    for (const Kept kept : everywhere) {
        ClockWorld world{kept};
        test::PongEvent scheduled = pong("x", 1);
        scheduled.execution_id = "run-1";
        const PingEvent cause = ping("x");
        world.bus->publish(cause);
        scheduled.causation_id = cause.event_id;
        const bus::Timestamp start = world.runtime->now();
        world.runtime->run_for(1s);
        world.bus->schedule(24h, scheduled);
        if (world.store) {
            const auto timers = world.store->timers(bus::Timestamp::min(), 0, 10);
            BOOST_REQUIRE(timers.size() == 1U);
            BOOST_TEST((timers.front().scheduled_at == start + 1s));
            BOOST_TEST((timers.front().due == start + 1s + 24h));
        }
        world.runtime->run_for(24h);
        BOOST_REQUIRE(world.events.size() == 1U);
        const test::PongEvent& event = world.events.front();
        BOOST_TEST((event.occurred_at == start + 1s + 24h));
        BOOST_TEST((event.event_id > scheduled.event_id));
        BOOST_TEST((event.causation_id == scheduled.causation_id));
        BOOST_TEST(event.execution_id.view() == "run-1");
        if (world.store) {
            const auto stored = world.store->find(event.event_id);
            BOOST_REQUIRE(stored.has_value());
            BOOST_TEST((stored->record.occurred_at == event.occurred_at));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
