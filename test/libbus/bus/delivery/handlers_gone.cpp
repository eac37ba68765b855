// Deliveries whose agent loses the handler for them while they wait: S24.
#include "test/libbus/bus/delivery/evolving_world.hpp"

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using test::holds;
using test::LoudPingEvent;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// An agent in the versions that one program after the other has.
struct Keeper {
    /// With a handler for E, which fails while `fails` is set.
    template <class E>
    Keeper& with() {
        agent->handles<E>([this](const E& event) {
            if (fails) {
                throw bus::Failure::transient("outside is down");
            }
            handled.push_back(std::string{event.event_type()} + ' ' +
                              std::string{event.aggregate_id()});
        });
        return *this;
    }

    void add(test::EvolvingWorld& world, const bus::RetryPolicy& retry = test::every(1h, 5)) {
        agent->settings().retry = retry;
        agent->settings().sequence = bus::Sequence::by([](const bus::DomainEvent& event) {
            return std::string{event.aggregate_id()}; // pings and pongs of a name are in order
        });
        agent->gives_up_with<>(
            [this](const bus::DomainEvent&, const bus::Failure&, bus::Context&) { ++given_up; });
        world.bus->add(std::move(agent));
        world.bus->wait_idle();
    }

    explicit Keeper(const std::string& name, bool failing = false)
        : agent{test::scripted(name)}, fails{failing} {}

    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    ~Keeper() = default;

    std::unique_ptr<test::ScriptedAgent> agent;
    bool fails;
    int given_up = 0;
    std::vector<std::string> handled;
};

LoudPingEvent loud(const std::string& name) {
    LoudPingEvent event;
    event.name = name;
    return event;
}

void check_says_what_to_do(const std::string& message, const std::string& agent,
                           const std::string& type) {
    for (const std::string& part : {agent, type, std::string{"no handler was run"},
                                    std::string{"redrive"}, std::string{"discard"}}) {
        BOOST_TEST(holds(message, part), message);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(handlers_gone)

BOOST_AUTO_TEST_CASE(S24_a_deferred_delivery_whose_handler_is_gone_becomes_a_dead_letter) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<PingEvent>().with<PongEvent>().add(world);
        world.bus->publish(ping("x"));
        world.bus->wait_idle();
        world.restart();
        Keeper after{"keeper"};
        after.with<PongEvent>().add(world);
        BOOST_TEST(world.trouble.size() == 1U);
        BOOST_TEST(holds(world.trouble.at(0), "keeper"), world.trouble[0]);
        BOOST_TEST(holds(world.trouble.at(0), "PingEvent (1 deferred, 0 parked, 0 dead)"),
                   world.trouble[0]);
        world.runtime->run_for(2h);
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        const bus::AttemptRecord last = world.last_attempt("keeper", 1);
        check_says_what_to_do(last.message, "keeper", "PingEvent");
        BOOST_TEST(world.failed.size() == 1U);
        BOOST_TEST(world.dead.size() == 1U);
        BOOST_TEST(holds(world.dead.at(0), "keeper PingEvent x: "), world.dead[0]);
        BOOST_TEST(after.given_up == 0); // the agent does not know the type of the event
        BOOST_TEST(world.store->agent("keeper")->finished == 0U);
        world.check();

        world.restart();
        Keeper back{"keeper"};
        back.with<PingEvent>().with<PongEvent>().add(world);
        BOOST_TEST(world.trouble.empty());
        world.request(DeliveryAction::redrive, "keeper", 1);
        BOOST_TEST(back.handled.size() == 1U);
        BOOST_TEST(world.store->agent("keeper")->finished == 1U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_parked_deliveries_whose_handler_is_gone_become_dead_letters_in_turn) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<PingEvent>().with<PongEvent>().add(world);
        world.bus->publish(pong("x")); // 1, deferred
        world.bus->publish(ping("x")); // 2, parked
        world.bus->publish(pong("x")); // 3, parked
        world.bus->publish(ping("y")); // 4, deferred
        world.bus->wait_idle();
        world.restart();
        Keeper after{"keeper"};
        after.with<PongEvent>().add(world);
        BOOST_TEST(world.trouble.size() == 1U);
        BOOST_TEST(holds(world.trouble.at(0), "PingEvent (1 deferred, 1 parked, 0 dead)"),
                   world.trouble[0]);
        world.runtime->run_for(2h);
        BOOST_TEST(after.handled.size() == 1U); // the pong in front
        BOOST_TEST((world.state_of("keeper", 2) == DeliveryState::dead));
        BOOST_TEST((world.state_of("keeper", 3) == DeliveryState::parked)); // the order holds
        BOOST_TEST((world.state_of("keeper", 4) == DeliveryState::dead));
        check_says_what_to_do(world.last_attempt("keeper", 2).message, "keeper", "PingEvent");
        world.check();
        world.request(DeliveryAction::discard, "keeper", 2);
        BOOST_TEST(after.handled.size() == 2U);
        BOOST_TEST(world.store->agent("keeper")->finished == 2U);
        BOOST_TEST(world.store->agent("keeper")->discarded == 1U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_a_dead_letter_whose_handler_is_gone_dies_again_when_it_is_redriven) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<PingEvent>().with<PongEvent>().add(world, test::every(1s, 1));
        world.bus->publish(ping("x"));
        world.bus->wait_idle();
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        world.restart();
        Keeper after{"keeper"};
        after.with<PongEvent>().add(world);
        BOOST_TEST(world.trouble.size() == 1U);
        BOOST_TEST(holds(world.trouble.at(0), "PingEvent (0 deferred, 0 parked, 1 dead)"),
                   world.trouble[0]);
        world.request(DeliveryAction::redrive, "keeper", 1);
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        const auto letter = world.store->delivery("keeper", 1);
        BOOST_TEST(letter->redrives == 1U);
        BOOST_TEST(letter->attempts.size() == 2U);
        check_says_what_to_do(letter->attempts.back().message, "keeper", "PingEvent");
        BOOST_TEST(world.store->agent("keeper")->finished == 0U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_an_event_that_a_handler_of_its_base_takes_has_a_handler) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<LoudPingEvent>().add(world);
        world.bus->publish(loud("x"));
        world.bus->wait_idle();
        world.restart();
        Keeper base{"keeper"};
        base.with<PingEvent>().add(world);
        BOOST_TEST(world.trouble.empty());
        world.runtime->run_for(2h);
        BOOST_TEST(base.handled.size() == 1U);
        BOOST_TEST(world.dead.empty());
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_an_event_whose_handler_of_its_base_is_gone_becomes_a_dead_letter) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<bus::DomainEvent>().add(world);
        world.bus->publish(loud("x"));
        world.bus->publish(pong("y"));
        world.bus->wait_idle();
        world.restart();
        Keeper after{"keeper"};
        after.with<PongEvent>().add(world);
        world.runtime->run_for(2h);
        BOOST_TEST(after.handled.size() == 1U);
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        check_says_what_to_do(world.last_attempt("keeper", 1).message, "keeper", "LoudPingEvent");
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_only_the_agent_that_has_lost_its_handler_gives_up) {
    test::on_each_store([](test::EvolvingWorld& world) {
        for (const char* name : {"one", "two"}) {
            Keeper agent{name, true};
            agent.with<PingEvent>().add(world);
            world.bus->publish(ping(name));
            world.bus->wait_idle();
            world.restart();
        }
        Keeper one{"one"};
        Keeper two{"two"};
        one.with<PongEvent>().add(world);
        two.with<PingEvent>().add(world);
        BOOST_TEST(world.trouble.size() == 1U);
        world.runtime->run_for(2h);
        BOOST_TEST(world.dead.size() == world.store->deliveries("one", DeliveryState::dead).size());
        BOOST_TEST(world.store->deliveries("two", DeliveryState::dead).empty());
        BOOST_TEST(two.handled.size() == 2U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_events_that_an_agent_never_handled_are_skipped) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper keeper{"keeper"};
        keeper.with<PongEvent>().add(world);
        world.bus->publish(ping("x"));
        world.bus->publish(pong("x"));
        world.bus->wait_idle();
        world.restart();
        Keeper again{"keeper"};
        again.with<PongEvent>().add(world);
        world.bus->publish(ping("x"));
        world.bus->wait_idle();
        BOOST_TEST(world.trouble.empty());
        BOOST_TEST(world.dead.empty());
        BOOST_TEST(world.bus->stop(bus::Stop::drain).drained);
        BOOST_TEST(world.store->agent("keeper")->checkpoint == 3U);
    });
}

BOOST_AUTO_TEST_CASE(S24_a_delivery_of_a_type_that_the_program_does_not_know_is_a_dead_letter) {
    test::on_each_store([](test::EvolvingWorld& world) {
        bus::EventRecord gone = bus::encode(ping("x"));
        gone.event_type = "GoneEvent";
        gone.aggregate_type = "Gone";
        world.bus->publish(gone);
        world.leave_delivery("keeper", {.position = 1,
                                        .state = DeliveryState::deferred,
                                        .due = world.runtime->now(),
                                        .sequence = "Gone/x",
                                        .attempts = {{world.runtime->now(),
                                                      bus::FailureKind::transient, "earlier"}}});
        Keeper keeper{"keeper"};
        keeper.with<bus::DomainEvent>().add(world);
        BOOST_TEST(world.count(world.trouble, "GoneEvent (1 event)") == 1U);
        BOOST_TEST(world.count(world.trouble, "GoneEvent (1 deferred, 0 parked, 0 dead), a type "
                                              "that this program does not know") == 1U);
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        const std::string message = world.last_attempt("keeper", 1).message;
        BOOST_TEST(holds(message, "does not know the event type GoneEvent"), message);
        BOOST_TEST(world.dead.size() == 1U);
        BOOST_TEST(holds(world.dead.at(0), "keeper GoneEvent x: "), world.dead[0]);
        BOOST_TEST(world.store->agent("keeper")->finished == 0U);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(S24_a_replay_leaves_deliveries_without_a_handler_alone_until_they_are_due) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Keeper before{"keeper", true};
        before.with<PingEvent>().with<PongEvent>().add(world);
        world.bus->publish(ping("x"));
        world.bus->wait_idle();
        before.fails = false;
        world.bus->publish(pong("y"));
        world.bus->wait_idle();
        world.restart();
        Keeper after{"keeper"};
        after.with<PongEvent>().add(world);
        world.request(DeliveryAction::replay, "keeper", 0);
        BOOST_TEST(after.handled.size() == 1U);
        world.runtime->run_for(2h);
        BOOST_TEST((world.state_of("keeper", 1) == DeliveryState::dead));
        BOOST_TEST(world.dead.size() == 1U);
        BOOST_TEST(world.store->agent("keeper")->finished == 1U);
        world.check();
    });
}

BOOST_AUTO_TEST_SUITE_END()
