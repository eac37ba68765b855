// Order within a sequence while deliveries wait or are dead: R4, and A2 on a store.
#include "test/libbus/bus/delivery/stored_world.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

using Done = std::vector<std::pair<std::string, std::int64_t>>;

struct ParkingWorld : test::StoredWorld {
    explicit ParkingWorld(std::uint64_t seed = 1) : StoredWorld{seed} {}

    /// Fails while the event's name and number are in `failing`.
    void add_worker(std::uint32_t attempts = 3, bus::Sequence sequence = {},
                    std::uint32_t workers = 1) {
        auto agent = scripted("worker");
        agent->settings().retry = test::every(10s, attempts);
        agent->settings().sequence = std::move(sequence);
        agent->settings().workers = workers;
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context&) {
            if (std::find(failing.begin(), failing.end(), std::pair{event.name, event.number}) !=
                failing.end()) {
                throw std::runtime_error{"not now"};
            }
            done.emplace_back(event.name, event.number);
        });
        bus->add(std::move(agent));
    }

    std::vector<bus::Position> rows(DeliveryState state) {
        std::vector<bus::Position> result;
        for (const auto& row : store->deliveries("worker", state)) {
            result.push_back(row.position);
        }
        return result;
    }

    [[nodiscard]] std::vector<std::int64_t> done_of(const std::string& name) const {
        std::vector<std::int64_t> result;
        for (const auto& [of, number] : done) {
            if (of == name) {
                result.push_back(number);
            }
        }
        return result;
    }

    Done failing;
    Done done;
};

using Positions = std::vector<bus::Position>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(parking, ParkingWorld)

BOOST_AUTO_TEST_CASE(R4_later_events_of_a_sequence_are_parked_behind_a_deferred_one_and_follow_it) {
    failing = {{"a", 1}};
    add_worker();
    for (std::int64_t i = 1; i <= 3; ++i) {
        bus->publish(ping("a", i));
        bus->publish(ping("b", i));
    }
    bus->wait_idle();
    BOOST_TEST(done_of("a").empty());
    BOOST_TEST(done_of("b") == test::range(1, 3), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::deferred) == (Positions{1}), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::parked) == (Positions{3, 5}), boost::test_tools::per_element());
    BOOST_TEST(store->agent("worker")->checkpoint == 6U);
    const bus::AgentStatus status = bus->status().front();
    BOOST_TEST(status.parked == 2U);
    BOOST_TEST(status.retrying == 1U);
    failing.clear();
    runtime->run_until_idle();
    BOOST_TEST(done_of("a") == test::range(1, 3), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::parked).empty());
    BOOST_TEST(bus->status().front().parked == 0U);
    BOOST_TEST(bus->status().front().finished == 6U);
}

BOOST_AUTO_TEST_CASE(R4_parked_events_wait_behind_a_dead_one_until_it_is_redriven) {
    failing = {{"a", 1}};
    add_worker(1);
    bus->publish(ping("a", 1));
    bus->publish(ping("a", 2));
    runtime->run_until_idle();
    BOOST_TEST(rows(DeliveryState::dead) == (Positions{1}), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::parked) == (Positions{2}), boost::test_tools::per_element());
    failing.clear();
    bus->request({.who = "test", .why = "mended", .agent = "worker", .position = 1});
    runtime->run_until_idle();
    BOOST_TEST(done_of("a") == test::range(1, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(R4_parked_events_follow_when_the_dead_one_before_them_is_discarded) {
    failing = {{"a", 1}};
    add_worker(1);
    for (std::int64_t i = 1; i <= 3; ++i) {
        bus->publish(ping("a", i));
    }
    runtime->run_until_idle();
    bus->request({.who = "test",
                  .why = "nobody wants it",
                  .action = bus::DeliveryAction::discard,
                  .agent = "worker",
                  .position = 1});
    runtime->run_until_idle();
    BOOST_TEST(done_of("a") == test::range(2, 3), boost::test_tools::per_element());
    BOOST_TEST(store->agent("worker")->discarded == 1U);
    BOOST_TEST(store->conservation().front().holds());
}

BOOST_AUTO_TEST_CASE(R4_a_parked_event_that_fails_in_its_turn_holds_up_those_behind_it) {
    failing = {{"a", 1}, {"a", 2}};
    add_worker(5);
    for (std::int64_t i = 1; i <= 4; ++i) {
        bus->publish(ping("a", i));
    }
    bus->wait_idle();
    failing = {{"a", 2}};
    runtime->run_for(10s);
    BOOST_TEST(done_of("a") == test::range(1, 1), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::deferred) == (Positions{2}), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::parked) == (Positions{3, 4}), boost::test_tools::per_element());
    failing.clear();
    runtime->run_until_idle();
    BOOST_TEST(done_of("a") == test::range(1, 4), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(R4_parked_events_are_still_behind_the_same_event_after_a_restart) {
    failing = {{"a", 1}};
    add_worker();
    bus->publish(ping("a", 1));
    bus->publish(ping("a", 2));
    bus->wait_idle();
    restart();
    add_worker();
    bus->publish(ping("a", 3));
    bus->wait_idle();
    BOOST_TEST(rows(DeliveryState::parked) == (Positions{2, 3}), boost::test_tools::per_element());
    failing.clear();
    runtime->run_until_idle();
    BOOST_TEST(done_of("a") == test::range(1, 3), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(R4_an_agent_without_sequences_parks_nothing) {
    failing = {{"a", 1}};
    add_worker(3, bus::Sequence::none());
    bus->publish(ping("a", 1));
    bus->publish(ping("a", 2));
    bus->wait_idle();
    BOOST_TEST(done_of("a") == test::range(2, 2), boost::test_tools::per_element());
    BOOST_TEST(rows(DeliveryState::parked).empty());
}

BOOST_AUTO_TEST_CASE(R4_events_without_an_aggregate_hold_up_no_others_of_their_type) {
    failing = {{"", 1}};
    add_worker(1);
    bus->publish(ping("", 1));
    bus->publish(ping("", 2));
    bus->wait_idle();
    BOOST_TEST(done_of("") == test::range(2, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(R4_sequences_may_be_those_of_a_key_that_the_agent_computes) {
    failing = {{"a", 1}};
    add_worker(3, bus::Sequence::by([](const bus::DomainEvent&) { return std::string{"one"}; }));
    bus->publish(ping("a", 1));
    bus->publish(ping("b", 2));
    bus->wait_idle();
    BOOST_TEST(done.empty());
    failing.clear();
    runtime->run_until_idle();
    BOOST_TEST((done == Done{{"a", 1}, {"b", 2}}));
}

BOOST_AUTO_TEST_CASE(A2_on_a_store_each_sequence_is_in_order_with_workers_retries_and_restarts) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ParkingWorld world{seed};
        std::map<std::pair<std::string, std::int64_t>, int> left;
        const auto add = [&] {
            auto agent = scripted("worker");
            agent->settings().retry = test::every(1s, 100);
            agent->settings().workers = 4;
            agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
                // As many failures as the random number says, at most three.
                const auto found = left.try_emplace({event.name, event.number},
                                                    static_cast<int>(context.random() % 4))
                                       .first;
                if (found->second-- > 0) {
                    throw std::runtime_error{"not now"};
                }
                context.set_state(event.name + "/" + std::to_string(event.number), event.number);
                world.done.emplace_back(event.name, event.number);
            });
            world.bus->add(std::move(agent));
        };
        add();
        for (std::int64_t i = 1; i <= 20; ++i) {
            for (const char* name : {"a", "b", "c", "d", "e"}) {
                world.bus->post(ping(name, i));
            }
            if (i % 7 == 0) {
                world.runtime->run_for(1500ms);
                world.bus->stop(bus::Stop::now);
                world.restart();
                add();
            }
        }
        world.runtime->run_until_idle();
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            BOOST_TEST_REQUIRE(world.done_of(name) == test::range(1, 20),
                               boost::test_tools::per_element());
        }
        BOOST_TEST(world.store->states("worker", "").size() == 100U);
        const bus::Conservation account = world.store->conservation().front();
        BOOST_TEST(account.holds());
        BOOST_TEST(account.finished == 100U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
