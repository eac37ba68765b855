// Events of a newer version than the program knows, and types that it does not know: S25.
#include "test/libbus/bus/delivery/evolving_world.hpp"

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using test::holds;
using test::ping;
using test::ping_of_version;
using test::PingEvent;

namespace {

/// Handles pings, and writes down which.
struct Handling {
    void add(test::EvolvingWorld& world, std::uint32_t workers = 1) {
        auto agent = test::scripted("handler");
        agent->settings().workers = workers;
        agent->settings().retry = test::every(1s, 2);
        agent->handles<PingEvent>(
            [this](const PingEvent& event) { numbers.push_back(event.number); });
        world.bus->add(std::move(agent));
        world.bus->wait_idle();
    }

    std::vector<std::int64_t> numbers;
};

} // namespace

BOOST_AUTO_TEST_SUITE(newer_events)

BOOST_AUTO_TEST_CASE(S25_events_of_a_newer_version_wait_and_hold_back_only_their_sequence) {
    for (const std::uint32_t version : {2U, 3U, 9U}) {
        test::on_each_store([version](test::EvolvingWorld& world) {
            Handling handling;
            handling.add(world, version == 3 ? 3 : 1);
            world.bus->publish(ping_of_version(version, "x", 1));
            world.bus->publish(ping("x", 2));
            world.bus->publish(ping("y", 3));
            world.bus->publish(ping_of_version(version, "z", 4));
            BOOST_TEST(world.bus->wait_idle(1s));
            BOOST_TEST(handling.numbers.size() == 1U); // 3
            const auto waiting = world.store->deliveries("handler", DeliveryState::deferred);
            BOOST_TEST_REQUIRE(waiting.size() == 2U);
            BOOST_TEST((waiting[0].due == bus::due_in_newer_program));
            BOOST_TEST(waiting[0].failures == 0U);
            BOOST_TEST((waiting[0].attempts.at(0).kind == bus::FailureKind::not_ready));
            BOOST_TEST(holds(waiting[0].attempts.at(0).message,
                             "version " + std::to_string(version) + " of PingEvent"),
                       waiting[0].attempts[0].message);
            BOOST_TEST((world.state_of("handler", 2) == DeliveryState::parked));
            const bus::AgentStatus status = world.bus->status().front();
            BOOST_TEST(status.not_ready == 2U);
            BOOST_TEST(status.retrying == 0U);
            BOOST_TEST(status.failures == 0U);
            BOOST_TEST(!status.next_due.has_value());
            BOOST_TEST(world.not_ready.size() == 2U);
            BOOST_TEST(world.failed.empty());
            BOOST_TEST(world.dead.empty());
            BOOST_TEST(world.count(world.trouble, "handler was given an event of version " +
                                                      std::to_string(version)) == 1U);
            world.runtime->run_for(std::chrono::hours{24 * 365});
            BOOST_TEST(world.not_ready.size() == 2U); // nothing spins
            world.check();
            BOOST_TEST(world.bus->stop(bus::Stop::drain).drained);
        });
    }
}

BOOST_AUTO_TEST_CASE(S25_another_program_of_the_same_version_lets_them_wait_and_counts_them) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Handling handling;
        handling.add(world);
        world.bus->publish(ping_of_version(2, "x", 1));
        world.bus->publish(ping_of_version(2, "x", 2));
        world.bus->publish(ping_of_version(2, "y", 3));
        world.bus->wait_idle();
        for (int start = 0; start < 3; ++start) {
            world.restart();
            handling.add(world);
            BOOST_TEST(world.count(world.trouble,
                                   "version 2 of PingEvent (2 deferred, 1 parked, 0 dead)") == 1U);
            BOOST_TEST(world.count(world.trouble, "version 2 of PingEvent (3 events)") == 1U);
            BOOST_TEST(world.not_ready.empty());
            BOOST_TEST(world.bus->status().front().not_ready == 2U);
        }
        BOOST_TEST(world.store->delivery("handler", 1)->attempts.size() == 1U);
        BOOST_TEST(handling.numbers.empty());
        const std::vector<bus::WaitingCount> expected{{.event_type = "PingEvent",
                                                       .event_version = 2,
                                                       .deferred = 2,
                                                       .newer = 2,
                                                       .parked = 1}};
        BOOST_TEST((world.store->count_waiting("handler") == expected));
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S25_a_program_that_knows_the_version_handles_them_in_order_when_it_begins) {
    test::on_each_store([](test::EvolvingWorld& world) {
        world.bus->publish(ping("x", 1));
        world.bus->publish(ping("x", 2));
        const bus::Timestamp now = world.runtime->now();
        // As left by a program that did not know version 1 yet.
        world.leave_delivery("handler",
                             {.position = 1,
                              .state = DeliveryState::deferred,
                              .due = bus::due_in_newer_program,
                              .sequence = "Ping/x",
                              .attempts = {{now, bus::FailureKind::not_ready, "too new"}}});
        world.leave_delivery("handler",
                             {.position = 2, .state = DeliveryState::parked, .sequence = "Ping/x"});
        Handling handling;
        handling.add(world);
        const std::vector<std::int64_t> expected{1, 2};
        BOOST_TEST(handling.numbers == expected, boost::test_tools::per_element());
        BOOST_TEST(world.trouble.empty());
        BOOST_TEST(world.store->agent("handler")->finished == 2U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S25_a_newer_event_that_is_retried_waits_again_and_can_be_discarded) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Handling handling;
        handling.add(world);
        world.bus->publish(ping_of_version(2, "x", 1));
        world.bus->publish(ping("x", 2));
        world.bus->wait_idle();
        BOOST_TEST(world.bus->retry_now("handler", 1));
        world.bus->wait_idle();
        const auto waiting = world.store->delivery("handler", 1);
        BOOST_TEST((waiting->state == DeliveryState::deferred));
        BOOST_TEST((waiting->due == bus::due_in_newer_program));
        BOOST_TEST(waiting->attempts.size() == 1U);
        world.request(DeliveryAction::discard, "handler", 1);
        BOOST_TEST(handling.numbers.size() == 1U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S25_a_step_that_waits_for_a_given_time_does_not_wait_for_a_newer_program) {
    test::on_each_store([](test::EvolvingWorld& world) {
        int attempts = 0;
        const auto add = [&] {
            auto agent = test::scripted("patient");
            agent->handles<PingEvent>([&](const PingEvent&) {
                ++attempts;
                throw bus::Failure::not_ready("never", bus::Timestamp::max());
            });
            world.bus->add(std::move(agent));
            world.bus->wait_idle();
        };
        add();
        world.bus->publish(ping("x"));
        world.bus->wait_idle();
        world.restart();
        add();
        BOOST_TEST(attempts == 1);
        BOOST_TEST(world.trouble.empty());
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S25_types_that_the_program_does_not_know_are_listed_when_it_begins) {
    test::on_each_store([](test::EvolvingWorld& world) {
        for (const char* type : {"LaterEvent", "NewestEvent", "LaterEvent"}) {
            bus::EventRecord record = bus::encode(ping("x"));
            record.event_type = type;
            world.bus->publish(record);
        }
        Handling handling;
        handling.add(world);
        BOOST_TEST_REQUIRE(world.trouble.size() == 1U);
        BOOST_TEST(holds(world.trouble[0], "LaterEvent (2 events), NewestEvent (1 event)"),
                   world.trouble[0]);
        auto second = test::scripted("second");
        second->handles<bus::DomainEvent>([](const bus::DomainEvent&) {});
        world.bus->add(std::move(second));
        BOOST_TEST(world.trouble.size() == 1U); // once
        world.check();
    });
}

BOOST_AUTO_TEST_SUITE_END()
