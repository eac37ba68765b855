// Timers that survive the program: A9 on a store.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"

#include <stdexcept>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

struct TimersWorld : test::StoredWorld {
    using Script = std::function<void(const PingEvent&, bus::Context&)>;

    void add(Script script) {
        auto agent = scripted("clock");
        agent->settings().retry = test::every(1s, 2);
        agent->handles<PingEvent, PongEvent>(std::move(script));
        bus->add(std::move(agent));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(durable_timers, TimersWorld)

BOOST_AUTO_TEST_CASE(A9_on_a_store_timers_fire_in_the_order_of_their_due_times) {
    add([](const PingEvent&, bus::Context& context) {
        context.schedule(3s, pong("x", 3));
        context.schedule(1s, pong("x", 1));
        context.schedule(-1s, pong("x", 0));
        context.schedule(3s, pong("x", 4));
    });
    const bus::Timestamp start = runtime->now();
    bus->publish(ping("x"));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(0, 0), boost::test_tools::per_element());
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == (std::vector<std::int64_t>{0, 1, 3, 4}),
               boost::test_tools::per_element());
    BOOST_TEST((runtime->now() >= start + 3s));
    const auto events = store->read_type("PongEvent", 0, 10);
    BOOST_TEST((events[0].record.causation_id == store->read(0, 1)[0].record.event_id));
}

BOOST_AUTO_TEST_CASE(
    A9_a_timer_survives_the_program_and_one_that_came_due_meanwhile_fires_at_once) {
    add([](const PingEvent&, bus::Context& context) {
        context.schedule(10s, pong("x", 1));
        context.schedule(1h, pong("x", 2));
    });
    bus->publish(ping("x"));
    bus->wait_idle();
    bus.reset();
    runtime->run_for(1min);
    start();
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 1), boost::test_tools::per_element());
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A9_a_cancelled_timer_never_fires_not_even_after_a_restart) {
    add([](const PingEvent& event, bus::Context& context) {
        if (event.number == 0) {
            context.set_state("timer", context.schedule(1h, pong("x")).number);
        } else {
            context.cancel({context.state<std::uint64_t>("timer").value()});
        }
    });
    bus->publish(ping("x", 0));
    bus->wait_idle();
    restart();
    add([](const PingEvent&, bus::Context& context) {
        context.cancel({context.state<std::uint64_t>("timer").value()});
    });
    bus->publish(ping("x", 1));
    bus->wait_idle();
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>().empty());
    BOOST_TEST(store->timers(bus::Timestamp::min(), 0, 10).empty());
}

BOOST_AUTO_TEST_CASE(A7_a_step_that_throws_has_started_and_cancelled_no_timer) {
    bus::TimerHandle kept;
    add([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 0) {
            kept = context.schedule(1min, pong("x", 7));
            return;
        }
        context.schedule(1s, pong("x", 8));
        context.cancel(kept);
        throw bus::Failure::rejected("no");
    });
    bus->publish(ping("x", 0));
    bus->publish(ping("x", 1));
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(7, 7), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A9_the_host_schedules_and_cancels_on_a_store_too) {
    std::vector<std::int64_t> seen;
    const auto handler =
        bus->subscribe<PongEvent>([&](const PongEvent& event) { seen.push_back(event.number); });
    bus->schedule(1s, pong("x", 1));
    const bus::TimerHandle second = bus->schedule(2s, pong("x", 2));
    bus->schedule(3s, pong("x", 3));
    BOOST_TEST(bus->cancel(second));
    BOOST_TEST(!bus->cancel(second));
    BOOST_TEST(!bus->cancel(bus::TimerHandle{4711}));
    runtime->run_until_idle();
    BOOST_TEST(seen == (std::vector<std::int64_t>{1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(S2_timers_fire_once_even_if_commits_fail_and_the_program_restarts) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        bus.reset();
        runtime.reset();
        runtime = std::make_shared<bus::SimulatedRuntime>(seed);
        const auto troubled =
            std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
        store = troubled;
        start();
        const auto script = [](const PingEvent& event, bus::Context& context) {
            context.schedule(std::chrono::seconds{event.number % 5}, pong("x", event.number));
        };
        add(script);
        std::uint64_t state = seed;
        troubled->fails_next = [&] {
            state = state * 6364136223846793005U + 1442695040888963407U;
            return (state >> 33U) % 3 == 0;
        };
        for (std::int64_t i = 1; i <= 20; ++i) {
            for (;;) {
                try {
                    bus->publish(ping("x", i));
                    break;
                } catch (const bus::StoreError&) {
                }
            }
            runtime->run_for(700ms);
            if (i % 6 == 0) {
                bus.reset();
                start();
                bool added = false;
                while (!added) {
                    try {
                        add(script);
                        added = true;
                    } catch (const std::exception&) {
                    }
                }
            }
        }
        runtime->run_until_idle(1h);
        std::vector<std::int64_t> fired = numbers<PongEvent>();
        std::sort(fired.begin(), fired.end());
        BOOST_TEST_REQUIRE(fired == test::range(1, 20), boost::test_tools::per_element());
        bus.reset();
    }
}

BOOST_AUTO_TEST_CASE(thousands_of_timers_fire_although_not_all_are_kept_in_memory) {
    add([](const PingEvent& event, bus::Context& context) {
        for (std::int64_t i = 0; i < 500; ++i) {
            context.schedule(std::chrono::seconds{(event.number * 500 + i) * 7919 % 5000 + 1},
                             pong("x", event.number * 500 + i));
        }
    });
    for (std::int64_t i = 0; i < 10; ++i) {
        bus->publish(ping("x", i));
    }
    bus->wait_idle();
    restart();
    add([](const PingEvent&, bus::Context&) {});
    runtime->run_until_idle();
    std::vector<std::int64_t> fired = numbers<PongEvent>();
    std::vector<std::int64_t> due;
    for (const std::int64_t number : fired) {
        due.push_back(number * 7919 % 5000);
    }
    BOOST_TEST(std::is_sorted(due.begin(), due.end()));
    std::sort(fired.begin(), fired.end());
    BOOST_TEST((fired == test::range(0, 4999)));
}

BOOST_AUTO_TEST_CASE(A9_thousands_of_timers_due_before_earlier_ones_fire_once_and_in_order) {
    // So that what is in memory makes room for them again and again, while some are cancelled and
    // some commits fail.
    bus.reset();
    const auto troubled =
        std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
    store = troubled;
    start();
    constexpr std::int64_t rounds = 12;
    constexpr std::int64_t each = 500;
    const auto cancelled = [](std::int64_t number) { return number % 7 == 3; };
    add([&](const PingEvent& event, bus::Context& context) {
        for (std::int64_t i = 0; i < each; ++i) {
            const std::int64_t number = event.number * each + i;
            const auto handle =
                context.schedule(std::chrono::minutes{1000 - number / 10}, pong("x", number));
            if (cancelled(number)) {
                context.set_state("timer/" + std::to_string(number), handle.number);
            }
        }
    });
    for (std::int64_t i = 0; i < rounds; ++i) {
        bus->publish(ping("x", i));
        bus->wait_idle();
    }
    for (std::int64_t number = 0; number < rounds * each; ++number) {
        const auto state = store->state("clock", "timer/" + std::to_string(number));
        BOOST_TEST_REQUIRE(state.has_value() == cancelled(number));
        if (state) {
            BOOST_TEST(bus->cancel(bus::TimerHandle{std::stoull(state->json)}));
        }
    }
    int commits = 0;
    troubled->fails_next = [&] { return ++commits % 5 == 0; };
    runtime->run_until_idle();
    std::vector<std::int64_t> expected;
    for (std::int64_t ten = rounds * each / 10 - 1; ten >= 0; --ten) {
        for (std::int64_t number = ten * 10; number < ten * 10 + 10; ++number) {
            if (!cancelled(number)) {
                expected.push_back(number);
            }
        }
    }
    BOOST_TEST(troubled->failed > 0);
    BOOST_TEST(bus->idle());
    BOOST_TEST((numbers<PongEvent>() == expected));
    BOOST_TEST(store->timers(bus::Timestamp::min(), 0, 10).empty());
    bus.reset();
}

BOOST_AUTO_TEST_CASE(A9_if_all_timers_in_memory_are_cancelled_the_others_still_fire) {
    std::vector<bus::TimerHandle> early;
    add([&](const PingEvent& event, bus::Context& context) {
        for (std::int64_t i = 0; i < 1500; ++i) {
            const std::int64_t number = event.number * 1500 + i;
            const auto handle =
                context.schedule(std::chrono::seconds{number + 1}, pong("x", number));
            if (number < 1000) {
                early.push_back(handle);
            }
        }
    });
    for (std::int64_t i = 0; i < 2; ++i) {
        bus->publish(ping("x", i));
        bus->wait_idle();
    }
    for (const bus::TimerHandle timer : early) {
        BOOST_TEST(bus->cancel(timer));
    }
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1000, 2999), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
