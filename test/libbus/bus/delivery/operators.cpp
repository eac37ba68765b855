// Requests of operators for deliveries: to try them now, or a few first, no matter how the clock is
// set.
#include "test/libbus/bus/delivery/stored_world.hpp"

#include <algorithm>
#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

/// A worker that, while `down`, defers everything for a day or gives it up at once.
struct OperatorsWorld : test::StoredWorld {
    OperatorsWorld() { add_worker(); }

    void add_worker() {
        auto agent = scripted("worker");
        agent->settings().retry = test::every(24h, gives_up ? 1 : 100);
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context&) {
            tried.push_back(event.number);
            if (down) {
                throw std::runtime_error{"no answer to call " + std::to_string(event.number)};
            }
        });
        bus->add(std::move(agent));
    }

    void give_up_at_once() {
        gives_up = true;
        restart();
        add_worker();
    }

    void start_again() {
        restart();
        add_worker();
        bus->wait_idle();
    }

    void publish(std::int64_t number, const std::string& name) {
        bus->publish(ping(name, number));
        bus->wait_idle();
    }

    void publish_apart(std::int64_t count) {
        for (std::int64_t number = 1; number <= count; ++number) {
            publish(number, "name-" + std::to_string(number));
        }
        tried.clear();
    }

    std::string asked(bus::RequestRecord request) {
        request.who = "ann";
        request.why = "it is up";
        request.agent = "worker";
        const std::uint64_t number = bus->request(request);
        bus->wait_idle();
        return answer(number);
    }

    std::string answer(std::uint64_t number) {
        const bus::RequestRecord request = store->requests(number - 1, 1, false).at(0);
        return request.done_at ? request.result : "open";
    }

    std::size_t count(DeliveryState state) { return store->deliveries("worker", state).size(); }

    bool down = true;
    bool gives_up = false;
    std::vector<std::int64_t> tried;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(operators, OperatorsWorld)

BOOST_AUTO_TEST_CASE(R8_a_deferred_delivery_is_tried_now_on_request) {
    publish_apart(3);
    down = false;
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 2}) == "1 retried");
    BOOST_TEST(tried == (std::vector<std::int64_t>{2}), boost::test_tools::per_element());
    BOOST_TEST(count(DeliveryState::deferred) == 2U);
    BOOST_TEST(store->conservation().front().holds());
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 2}) ==
               "nothing: there is no such delivery, it may have finished");
}

BOOST_AUTO_TEST_CASE(R8_a_delivery_that_is_tried_now_and_fails_again_waits_as_before) {
    publish_apart(1);
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 1}) == "1 retried");
    BOOST_TEST(tried.size() == 1U);
    BOOST_REQUIRE_EQUAL(count(DeliveryState::deferred), 1U);
    BOOST_TEST((store->delivery("worker", 1)->due == runtime->now() + 24h));
    BOOST_TEST(store->delivery("worker", 1)->attempts.size() == 2U);
    down = false;
    runtime->run_for(25h);
    BOOST_TEST(tried.size() == 2U);
}

BOOST_AUTO_TEST_CASE(R8_parked_deliveries_follow_their_head) {
    for (std::int64_t number = 1; number <= 3; ++number) {
        publish(number, "one name");
    }
    tried.clear();
    down = false;
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 3}) ==
               "nothing: the delivery is parked behind others of its sequence, and follows them");
    BOOST_TEST(tried.empty());
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 1}) == "1 retried");
    BOOST_TEST(tried == (std::vector<std::int64_t>{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(store->conservation().front().finished == 3U);
}

BOOST_AUTO_TEST_CASE(R8_a_dead_letter_is_not_retried_but_redriven) {
    give_up_at_once();
    publish_apart(1);
    BOOST_TEST(asked({.action = DeliveryAction::retry, .position = 1}) ==
               "nothing: the delivery is dead, not deferred");
    BOOST_TEST(count(DeliveryState::dead) == 1U);
}

BOOST_AUTO_TEST_CASE(R8_a_group_is_tried_now_by_cause_and_limit_the_oldest_events_first) {
    publish_apart(6);
    down = false;
    BOOST_TEST(
        asked({.action = DeliveryAction::retry, .error = "no answer to call 77", .limit = 2}) ==
        "2 retried");
    std::sort(tried.begin(), tried.end());
    BOOST_TEST(tried == (std::vector<std::int64_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(asked({.action = DeliveryAction::retry, .error = "another"}) == "0 retried");
    BOOST_TEST(asked({.action = DeliveryAction::retry}) == "4 retried");
    BOOST_TEST(count(DeliveryState::deferred) == 0U);
}

BOOST_AUTO_TEST_CASE(R8_deferred_and_parked_groups_can_be_discarded) {
    for (std::int64_t number = 1; number <= 3; ++number) {
        publish(number, "one name");
    }
    BOOST_TEST(asked({.action = DeliveryAction::discard, .state = DeliveryState::parked}) ==
               "2 discarded");
    BOOST_TEST(asked({.action = DeliveryAction::discard}) == "0 discarded"); // none is dead
    BOOST_TEST(asked({.action = DeliveryAction::discard, .state = DeliveryState::deferred}) ==
               "1 discarded");
    BOOST_TEST(store->conservation().front().discarded == 3U);
    BOOST_TEST(store->conservation().front().holds());
}

BOOST_AUTO_TEST_CASE(R8_a_retry_requested_while_no_host_ran_is_carried_out_when_one_runs) {
    publish_apart(2);
    bus.reset();
    store->ask({.who = "ann", .why = "up", .action = DeliveryAction::retry, .agent = "worker"});
    down = false;
    start();
    add_worker();
    bus->wait_idle();
    BOOST_TEST(tried.size() == 2U);
    BOOST_TEST(answer(1) == "2 retried by this program");
}

BOOST_AUTO_TEST_CASE(R8_each_retry_records_who_asked_for_it_and_why) {
    publish_apart(1);
    asked({.action = DeliveryAction::retry});
    const auto requests = store->requests(0, 10, false);
    BOOST_REQUIRE_EQUAL(requests.size(), 2U);
    for (const bus::RequestRecord& request : requests) {
        BOOST_TEST(request.who == "ann");
        BOOST_TEST(request.why == "it is up");
        BOOST_TEST((request.action == DeliveryAction::retry));
    }
    BOOST_TEST(requests.back().part_of == requests.front().number);
    BOOST_TEST(requests.back().position == 1U);
}

BOOST_AUTO_TEST_CASE(R9_a_limit_takes_the_letters_of_the_oldest_events) {
    give_up_at_once();
    publish_apart(5);
    down = false;
    BOOST_TEST(asked({.limit = 2}) == "2 redriven");
    std::sort(tried.begin(), tried.end());
    BOOST_TEST(tried == (std::vector<std::int64_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(asked({.limit = 10}) == "3 redriven");
    BOOST_TEST(asked({.limit = 10}) == "0 redriven");
}

BOOST_AUTO_TEST_CASE(R9_a_limit_counts_what_an_earlier_program_has_done) {
    give_up_at_once();
    publish_apart(5);
    down = false;
    const std::uint64_t number =
        store->ask({.who = "ann", .why = "up", .agent = "worker", .limit = 3});
    // The state after that program was killed: two are redriven, and the request is not answered.
    bus::Part part;
    part.commanded_at = runtime->now();
    for (const bus::Position position : {1U, 2U}) {
        part.commands.push_back(
            {DeliveryAction::redrive, "worker", position, "ann", "up", {}, number});
    }
    BOOST_REQUIRE(!store->commit({&part, 1}, true).at(0).error);
    start_again();
    BOOST_TEST(answer(number) == "3 redriven");
    BOOST_TEST(count(DeliveryState::dead) == 2U);
}

BOOST_AUTO_TEST_CASE(R11_a_clock_that_is_set_back_does_not_keep_a_letter_from_its_redrive) {
    give_up_at_once();
    publish_apart(2);
    down = false;
    // The request of a process whose clock is a year behind.
    const bus::Timestamp last_year = runtime->now() - 365 * 24h;
    for (const bus::Position position : {bus::Position{1}, bus::Position{0}}) {
        store->ask(
            {.at = last_year, .who = "ann", .why = "up", .agent = "worker", .position = position});
    }
    start_again();
    BOOST_TEST(answer(1) == "1 redriven");
    BOOST_TEST(answer(2) == "1 redriven by this program");
    BOOST_TEST(count(DeliveryState::dead) == 0U);
}

BOOST_AUTO_TEST_CASE(R11_a_letter_that_died_after_the_request_is_left_whatever_the_clock_says) {
    give_up_at_once();
    bus->wait_idle(); // it has looked for requests, and does so again at its next start only
    const bus::Timestamp next_year = runtime->now() + 365 * 24h;
    for (const bus::Position position : {bus::Position{1}, bus::Position{0}}) {
        store->ask(
            {.at = next_year, .who = "ann", .why = "up", .agent = "worker", .position = position});
    }
    publish_apart(2); // die after that
    start_again();
    BOOST_TEST(answer(1) ==
               "nothing: the delivery died after this was asked; look at it, and ask again");
    BOOST_TEST(answer(2) == "0 redriven by this program");
    BOOST_TEST(count(DeliveryState::dead) == 2U);
    BOOST_TEST(asked({.position = 1}) == "1 redriven");
}

BOOST_AUTO_TEST_CASE(R11_a_delivery_that_was_tried_after_the_request_is_not_retried) {
    bus->wait_idle();
    const std::uint64_t number = store->ask({.who = "ann",
                                             .why = "up",
                                             .action = DeliveryAction::retry,
                                             .agent = "worker",
                                             .position = 1});
    publish_apart(1);
    start_again();
    BOOST_TEST(answer(number) ==
               "nothing: the delivery was tried again after this was asked, and has "
               "failed; look at it, and ask again");
    BOOST_TEST(tried.empty());
}

BOOST_AUTO_TEST_SUITE_END()
