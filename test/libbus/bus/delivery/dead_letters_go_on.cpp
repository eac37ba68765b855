// Sequences that a dead letter does not hold up, and what observers learn of those that it does
// hold up: R14.
#include "test/libbus/bus/delivery/evolving_world.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using bus::OnDead;
using test::EvolvingWorld;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

using Numbers = std::vector<std::int64_t>;

/// Commands of which some are refused, or fail for a time.
struct Clerk {
    explicit Clerk(EvolvingWorld& w) : world{w} {}

    void begin(OnDead on_dead = OnDead::go_on, std::uint32_t workers = 1) {
        auto agent = scripted("clerk");
        agent->settings().on_dead = on_dead;
        agent->settings().workers = workers;
        agent->settings().retry = test::every(10s, 3);
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context&) {
            if (refused.contains(event.number)) {
                throw bus::Failure::rejected("refused");
            }
            if (failing.contains(event.number)) {
                throw bus::Failure::transient("not now");
            }
            done.push_back(event.number);
        });
        parked.clear();
        world.observers->parked.connect(
            [this](const bus::DomainEvent& event, std::string_view name, std::uint64_t behind) {
                BOOST_TEST(name == "clerk");
                parked.emplace_back(static_cast<const PingEvent&>(event).number, behind);
            });
        world.bus->add(std::move(agent));
    }

    void begin_again(OnDead on_dead = OnDead::go_on, std::uint32_t workers = 1) {
        world.restart();
        begin(on_dead, workers);
        world.bus->wait_idle();
    }

    void publish(std::int64_t first, std::int64_t last, const std::string& name = "a") const {
        for (std::int64_t number = first; number <= last; ++number) {
            world.bus->publish(ping(name, number));
        }
        world.bus->wait_idle();
    }

    [[nodiscard]] std::size_t rows(DeliveryState state) const {
        return world.store->deliveries("clerk", state).size();
    }

    void check(const Numbers& expected) const {
        BOOST_TEST(done == expected, boost::test_tools::per_element());
        world.check();
    }

    EvolvingWorld& world;
    std::set<std::int64_t> refused;
    std::set<std::int64_t> failing;
    Numbers done;
    std::vector<std::pair<std::int64_t, std::uint64_t>> parked;
};

using Parked = std::vector<std::pair<std::int64_t, std::uint64_t>>;

} // namespace

BOOST_AUTO_TEST_SUITE(dead_letters_go_on)

BOOST_AUTO_TEST_CASE(R14_a_refused_command_lets_the_later_ones_of_its_sequence_run) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1};
        clerk.begin();
        clerk.publish(1, 3);
        clerk.check({2, 3});
        BOOST_TEST(clerk.rows(DeliveryState::dead) == 1U);
        BOOST_TEST(clerk.rows(DeliveryState::parked) == 0U);
        BOOST_TEST(world.bus->status().front().dead == 1U);
        BOOST_TEST(clerk.parked.empty());
        clerk.begin_again();
        clerk.publish(4, 4);
        clerk.check({2, 3, 4});
    });
}

BOOST_AUTO_TEST_CASE(R14_by_default_a_dead_letter_holds_up_its_sequence) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1};
        clerk.begin(bus::AgentSettings{}.on_dead);
        clerk.publish(1, 3);
        clerk.check({});
        BOOST_TEST(clerk.rows(DeliveryState::parked) == 2U);
    });
}

BOOST_AUTO_TEST_CASE(R14_a_deferred_command_keeps_its_place_until_it_is_given_up) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.failing = {1};
        clerk.begin();
        clerk.publish(1, 3);
        clerk.check({});
        BOOST_TEST(clerk.rows(DeliveryState::parked) == 2U);
        world.runtime->run_for(1min);
        clerk.check({2, 3});
        BOOST_TEST(clerk.rows(DeliveryState::dead) == 1U);
        BOOST_TEST((clerk.parked == Parked{{2, 1}}));
    });
}

BOOST_AUTO_TEST_CASE(R14_a_redriven_command_runs_after_later_ones_and_holds_nothing_up) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1};
        clerk.begin();
        clerk.publish(1, 2);
        clerk.refused.clear();
        clerk.failing = {1};
        world.request(DeliveryAction::redrive, "clerk", 1);
        BOOST_TEST(clerk.rows(DeliveryState::deferred) == 1U);
        clerk.publish(3, 4); // 1 waits for its next attempt meanwhile
        clerk.check({2, 3, 4});
        BOOST_TEST(clerk.parked.empty());
        clerk.begin_again(); // in the next program it holds nothing up either
        clerk.publish(5, 5);
        clerk.check({2, 3, 4, 5});
        clerk.failing.clear();
        world.runtime->run_for(1min);
        clerk.check({2, 3, 4, 5, 1});
        BOOST_TEST(clerk.rows(DeliveryState::deferred) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(R14_a_redriven_command_does_not_wait_for_another_that_holds_up_the_sequence) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1};
        clerk.failing = {3};
        clerk.begin();
        clerk.publish(1, 4); // 3 is deferred, and 4 parked behind it
        clerk.check({2});
        clerk.refused.clear();
        world.request(DeliveryAction::redrive, "clerk", 1);
        clerk.check({2, 1});
        clerk.failing.clear();
        world.runtime->run_for(1min);
        clerk.check({2, 1, 3, 4});
    });
}

BOOST_AUTO_TEST_CASE(R14_several_letters_of_a_sequence_are_redriven_and_discarded_one_by_one) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1, 2, 4};
        clerk.begin();
        clerk.publish(1, 5);
        clerk.check({3, 5});
        BOOST_TEST(clerk.rows(DeliveryState::dead) == 3U);
        world.request(DeliveryAction::discard, "clerk", 2);
        clerk.refused = {4};
        world.bus->request({.who = "ann", .why = "a test", .agent = "clerk"}); // all that are left
        world.bus->wait_idle();
        clerk.check({3, 5, 1});
        BOOST_TEST((world.state_of("clerk", 4).value() == DeliveryState::dead));
        BOOST_TEST(world.store->delivery("clerk", 4)->redrives == 1U);
        clerk.publish(6, 6);
        clerk.check({3, 5, 1, 6});
        BOOST_TEST(world.store->agent("clerk")->discarded == 1U);
    });
}

BOOST_AUTO_TEST_CASE(R14_the_next_program_may_change_the_setting) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1};
        clerk.begin(OnDead::hold);
        clerk.publish(1, 3);
        clerk.check({});
        clerk.begin_again(OnDead::go_on); // the parked events follow
        clerk.check({2, 3});
        BOOST_TEST(clerk.rows(DeliveryState::parked) == 0U);
        clerk.begin_again(OnDead::hold);
        clerk.publish(4, 4); // is held up again
        clerk.check({2, 3});
        BOOST_TEST(clerk.rows(DeliveryState::parked) == 1U);
        BOOST_TEST((clerk.parked == Parked{{4, 1}}));
    });
}

BOOST_AUTO_TEST_CASE(R14_a_quarantined_event_lets_the_others_run) {
    test::on_each_store([](EvolvingWorld& world) {
        for (std::int64_t number = 1; number <= 3; ++number) {
            world.bus->publish(ping("a", number));
        }
        bus::Part died; // the first event killed the process three times in a row
        died.agent = "clerk";
        died.start = 0;
        died.begun = bus::BegunNote{.range = {1, 1}, .repeated = {1}, .alone = 3};
        BOOST_TEST_REQUIRE((world.store->commit({&died, 1}, true).front().error == nullptr));
        Clerk clerk{world};
        clerk.begin();
        world.bus->wait_idle();
        BOOST_TEST((world.state_of("clerk", 1).value() == DeliveryState::dead));
        BOOST_TEST(world.store->delivery("clerk", 1)->quarantined);
        clerk.check({2, 3});
        world.request(DeliveryAction::redrive, "clerk", 1);
        clerk.check({2, 3, 1});
    });
}

BOOST_AUTO_TEST_CASE(R14_the_first_parked_event_of_each_sequence_is_reported_once) {
    test::on_each_store([](EvolvingWorld& world) {
        Clerk clerk{world};
        clerk.refused = {1, 11};
        clerk.begin(OnDead::hold);
        clerk.publish(1, 4, "a");
        clerk.publish(11, 13, "b"); // from position 5 on
        BOOST_TEST((clerk.parked == Parked{{2, 1}, {12, 5}}));
        clerk.refused.clear();
        clerk.begin_again(OnDead::hold);
        clerk.publish(14, 14, "b"); // was held up before this program began
        BOOST_TEST(clerk.parked.empty());
        world.request(DeliveryAction::redrive, "clerk", 1);
        clerk.check({1, 2, 3, 4});
        clerk.refused = {5};
        clerk.publish(5, 7, "a"); // the sequence is held up again
        BOOST_TEST_REQUIRE(clerk.parked.size() == 1U);
        BOOST_TEST(clerk.parked.front().first == 6);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R14_without_a_store_a_refused_command_holds_nothing_up) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{.runtime = runtime}};
    bus::Observers observers{bus};
    std::vector<std::int64_t> parked;
    observers.parked.connect(
        [&](const bus::DomainEvent& event, std::string_view, std::uint64_t behind) {
            BOOST_TEST(behind == 0U);
            parked.push_back(static_cast<const PingEvent&>(event).number);
        });
    Numbers done;
    auto agent = scripted("clerk");
    agent->settings().retry = test::every(10s, 2);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 1) {
            throw bus::Failure::rejected("refused");
        }
        if (event.number == 2 && context.attempt() == 1) {
            throw bus::Failure::transient("not now");
        }
        done.push_back(event.number);
    });
    bus.add(std::move(agent));
    for (std::int64_t number = 1; number <= 4; ++number) {
        bus.publish(ping("a", number));
    }
    bus.wait_idle();
    BOOST_TEST((parked == Numbers{3}));
    runtime->run_until_idle();
    BOOST_TEST((done == Numbers{2, 3, 4}));
}

/// No matter what fails, is refused, redriven or discarded, or when the program ends: events that
/// were never given up are handled in order, and the others as often as they should be.
BOOST_AUTO_TEST_CASE(R14_events_that_were_never_given_up_keep_their_order) {
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        test::on_each_store([seed](EvolvingWorld& world) {
            std::mt19937 random{seed};
            Clerk clerk{world};
            const std::uint32_t workers = 1 + seed % 3;
            clerk.begin(OnDead::go_on, workers);
            std::map<std::int64_t, std::int64_t> sequence_of;
            for (std::int64_t number = 1; number <= 120; ++number) {
                const std::uint32_t dice = random() % 8;
                (dice == 0 ? clerk.refused : clerk.failing).insert(dice < 2 ? number : 0);
                sequence_of[number] = random() % 4;
                world.bus->publish(ping("s" + std::to_string(sequence_of[number]), number));
                if (random() % 10 == 0) {
                    world.runtime->run_for(std::chrono::seconds{random() % 20});
                }
                if (random() % 25 == 0) {
                    clerk.begin_again(OnDead::go_on, workers);
                }
                if (random() % 15 == 0) {
                    world.bus->request({.who = "ann",
                                        .why = "a test",
                                        .action = random() % 3 == 0 ? DeliveryAction::discard
                                                                    : DeliveryAction::redrive,
                                        .agent = "clerk"});
                }
            }
            world.runtime->run_for(10min);
            std::map<std::int64_t, std::int64_t> newest;
            for (const std::int64_t number : clerk.done) {
                if (!clerk.refused.contains(number) && !clerk.failing.contains(number)) {
                    std::int64_t& last = newest[sequence_of[number]];
                    BOOST_TEST(last < number);
                    last = number;
                }
            }
            BOOST_TEST(clerk.rows(DeliveryState::parked) == 0U);
            BOOST_TEST(clerk.rows(DeliveryState::deferred) == 0U);
            clerk.refused.clear();
            clerk.failing.clear();
            world.bus->request({.who = "ann", .why = "a test", .agent = "clerk"});
            world.runtime->run_for(1min);
            BOOST_TEST(clerk.rows(DeliveryState::dead) == 0U);
            const std::uint64_t discarded = world.store->agent("clerk")->discarded;
            BOOST_TEST(clerk.done.size() + discarded == 120U);
            world.check();
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
