// Stopping and waiting with a store: A11, and what is left for the next run.
#include "test/libbus/bus/delivery/stored_world.hpp"

#include <stdexcept>

using namespace std::chrono_literals;
using test::echo;
using test::ping;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

BOOST_FIXTURE_TEST_SUITE(stopping, test::StoredWorld)

BOOST_AUTO_TEST_CASE(A11_drain_handles_everything_queued_and_what_follows_from_it) {
    auto agent = scripted("countdown");
    agent->handles<PingEvent, PingEvent>([](const PingEvent& event, bus::Context& context) {
        if (event.number > 0) {
            context.publish(ping("x", event.number - 1));
        }
    });
    bus->add(std::move(agent));
    bus->post(ping("x", 20));
    const bus::StopReport report = bus->stop(bus::Stop::drain);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.queued == 0U);
    BOOST_TEST(report.deferred == 0U);
    BOOST_TEST(report.agents.front().finished == 21U);
    BOOST_TEST(report.agents.front().checkpoint == 21U);
}

BOOST_AUTO_TEST_CASE(A11_stop_now_leaves_the_rest_in_the_log_and_counts_it) {
    bus->add(echo());
    for (int i = 1; i <= 5; ++i) {
        bus->post(ping("x", i));
    }
    const bus::StopReport report = bus->stop(bus::Stop::now);
    BOOST_TEST(!report.drained);
    const auto done = numbers<PongEvent>().size();
    BOOST_TEST(report.agents.front().finished == done);
    restart();
    bus->add(echo());
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 5), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A11_a_drain_that_a_stop_now_interrupts_says_what_it_left) {
    auto agent = scripted("impatient");
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        if (event.number == 2) {
            bus->stop(bus::Stop::now); // as another thread does after a second signal
        }
    });
    bus->add(std::move(agent));
    for (int i = 1; i <= 5000; ++i) {
        bus->post(ping("x", i));
    }
    const bus::StopReport report = bus->stop(bus::Stop::drain);
    BOOST_TEST(report.queued > 0U);
    BOOST_TEST(!report.drained);
}

BOOST_AUTO_TEST_CASE(A11_stopping_is_idempotent_and_a_stopped_bus_takes_no_events) {
    bus->add(echo());
    BOOST_TEST(bus->stop(bus::Stop::drain).drained);
    BOOST_TEST(bus->stop(bus::Stop::drain).drained);
    bus->stop(bus::Stop::now);
    BOOST_CHECK_THROW(bus->publish(ping("x")), std::logic_error);
    BOOST_CHECK_THROW(bus->post(ping("x")), std::logic_error);
    BOOST_CHECK_THROW(bus->publish(bus::encode(ping("x"))), std::logic_error);
    BOOST_CHECK_THROW(bus->add(echo("late")), std::logic_error);
}

BOOST_AUTO_TEST_CASE(drain_reports_what_waits_for_a_later_time) {
    auto agent = scripted("patient");
    agent->settings().retry = test::every(1h, 9);
    agent->handles<PingEvent>([](const PingEvent& event, bus::Context& context) {
        if (event.number == 1) {
            throw bus::Failure::not_ready("tomorrow", context.now() + 24h);
        }
        throw std::runtime_error{"down"};
    });
    bus->add(std::move(agent));
    bus->publish(ping("x", 1));
    bus->publish(ping("y", 2));
    bus->publish(ping("y", 3)); // parked
    const bus::Timestamp before = runtime->now();
    const bus::StopReport report = bus->stop(bus::Stop::drain);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.deferred == 2U);
    BOOST_TEST(report.parked == 1U);
    BOOST_TEST(report.agents.front().not_ready == 1U);
    BOOST_TEST(report.agents.front().retrying == 1U);
    BOOST_TEST((runtime->now() == before));
}

BOOST_AUTO_TEST_CASE(waiting_until_idle_includes_handlers_agents_and_commits) {
    int handled = 0;
    const auto handler = bus->subscribe<PongEvent>([&](const PongEvent&) { ++handled; });
    bus->add(echo());
    BOOST_TEST(bus->wait_idle());
    bus->post(ping("x", 1));
    BOOST_TEST(!bus->idle());
    BOOST_TEST(bus->wait_idle());
    BOOST_TEST(bus->idle());
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(waiting_until_idle_does_not_wait_for_deferred_deliveries) {
    auto agent = scripted("failing");
    agent->settings().retry = test::every(1h, 2);
    agent->handles<PingEvent>(
        [](const PingEvent&, bus::Context&) { throw std::runtime_error{"down"}; });
    bus->add(std::move(agent));
    const bus::Timestamp start = runtime->now();
    bus->publish(ping("x"));
    BOOST_TEST(bus->wait_idle());
    BOOST_TEST((runtime->now() == start));
    runtime->run_for(1h);
    BOOST_TEST(bus->idle());
    BOOST_TEST(bus->status().front().dead == 1U);
}

BOOST_AUTO_TEST_CASE(waiting_until_idle_gives_up_when_its_time_is_over) {
    bus::Bus live{{nullptr, std::make_shared<bus::MemoryStore>()}};
    auto agent = scripted("endless");
    agent->handles<PingEvent, PingEvent>(
        [](const PingEvent&, bus::Context& context) { context.publish(ping("x")); });
    live.add(std::move(agent));
    live.publish(ping("x"));
    BOOST_TEST(!live.wait_idle(10ms));
}

BOOST_AUTO_TEST_CASE(a_bus_that_is_destroyed_with_posts_pending_writes_them_first) {
    for (int i = 1; i <= 3000; ++i) { // more than one commit takes
        bus->post(ping("x", i));
    }
    restart();
    BOOST_TEST(log().size() == 3000U);
}

BOOST_AUTO_TEST_SUITE_END()
