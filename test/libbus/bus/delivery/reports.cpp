// Reports about steps that are not ready, timers that wait, and wrong settings.
#include "test/libbus/bus/delivery/evolving_world.hpp"

using namespace std::chrono_literals;
using test::holds;
using test::ping;
using test::PingEvent;

namespace {

struct Counts {
    int failed = 0;
    int not_ready = 0;
    int dead = 0;
};

/// An agent that is not ready four times, fails once and then finishes, and the counts of
/// observers.
Counts counts_of(const std::shared_ptr<bus::EventStore>& store) {
    Counts counts;
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(1);
    bus::Bus bus{{.runtime = runtime, .store = store}};
    bus::Observers observers{bus};
    const auto count = [](int& number) {
        return [&number](const bus::DomainEvent&, std::string_view agent, const bus::Failure&) {
            BOOST_TEST(agent == "patient");
            ++number;
        };
    };
    observers.failed.connect(count(counts.failed));
    observers.not_ready.connect(count(counts.not_ready));
    observers.dead_lettered.connect(count(counts.dead));
    int attempts = 0;
    auto agent = test::scripted("patient");
    agent->settings().retry = test::every(1s, 3);
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
        ++attempts;
        if (attempts < 5) {
            throw bus::Failure::not_ready("no figures yet", context.now() + 1min);
        }
        if (attempts == 5) {
            throw bus::Failure::transient("down");
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    runtime->run_until_idle();
    BOOST_TEST(bus.status().front().finished == 1U);
    BOOST_TEST(bus.status().front().failures == 1U);
    return counts;
}

std::string refusal(const std::shared_ptr<bus::EventStore>& store, const bus::RetryPolicy& retry) {
    bus::Bus bus{{.runtime = std::make_shared<bus::SimulatedRuntime>(1), .store = store}};
    auto agent = test::scripted("saver");
    agent->settings().retry = retry;
    try {
        bus.add(std::move(agent));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(R10_a_step_that_is_not_ready_is_reported_as_not_ready_and_not_as_failed) {
    for (const bool with_store : {false, true}) {
        const Counts counts =
            counts_of(with_store ? std::make_shared<bus::MemoryStore>() : nullptr);
        BOOST_TEST(counts.not_ready == 4);
        BOOST_TEST(counts.failed == 1);
        BOOST_TEST(counts.dead == 0);
    }
}

BOOST_AUTO_TEST_CASE(A11_the_report_of_a_stop_counts_the_timers_that_wait_in_the_store) {
    test::on_each_store([](test::EvolvingWorld& world) {
        auto agent = test::scripted("scheduler");
        agent->handles<PingEvent, test::PongEvent>([](const PingEvent&, bus::Context& context) {
            context.schedule(1h, test::pong("later"));
        });
        world.bus->add(std::move(agent));
        world.bus->publish(ping("x"));
        world.bus->schedule(2h, ping("host"));
        const bus::TimerHandle cancelled = world.bus->schedule(3h, ping("cancelled"));
        world.bus->schedule(1s, test::pong("soon"));
        world.bus->cancel(cancelled);
        world.bus->wait_idle();
        world.runtime->run_for(1min);
        BOOST_TEST(world.bus->stop(bus::Stop::drain).timers == 2U);
        world.restart();
        BOOST_TEST(world.bus->stop(bus::Stop::now).timers == 2U);
        world.restart();
        world.runtime->run_for(5h);
        BOOST_TEST(world.bus->stop(bus::Stop::drain).timers == 0U);
    });
}

BOOST_AUTO_TEST_CASE(settings_that_are_out_of_range_are_refused_with_the_name_of_the_agent) {
    for (const bool with_store : {false, true}) {
        for (const bus::RetryPolicy& retry :
             {bus::RetryPolicy{.max_attempts = 0}, bus::RetryPolicy{.factor = 0.5},
              bus::RetryPolicy{.initial_delay = 1h, .max_delay = 1s},
              bus::RetryPolicy{.jitter = 2.0}}) {
            const std::string why =
                refusal(with_store ? std::make_shared<bus::MemoryStore>() : nullptr, retry);
            BOOST_TEST(holds(why, "agent saver: retry policy: "), why);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
