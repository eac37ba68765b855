// Requests of operators: R5.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"

#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

struct RequestsWorld : test::StoredWorld {
    RequestsWorld() { add_worker(); }

    void add_worker() {
        auto agent = scripted("worker");
        agent->settings().retry = test::every(1s, 1);
        agent->settings().sequence = bus::Sequence::none();
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context&) {
            ++runs;
            if (broken) {
                throw std::runtime_error{event.name};
            }
        });
        bus->add(std::move(agent));
    }

    void publish(const std::string& error, std::int64_t number) {
        bus->publish(ping(error, number));
        bus->wait_idle();
    }

    /// Makes a request, lets the bus carry it out, and returns the result.
    std::string asked(DeliveryAction action, const std::string& agent, bus::Position position) {
        const std::uint64_t number = bus->request(
            {.who = "ann", .why = "room", .action = action, .agent = agent, .position = position});
        bus->wait_idle();
        return answer(number);
    }

    std::string answer(std::uint64_t number) {
        const bus::RequestRecord request = store->requests(number - 1, 1, false).at(0);
        return request.done_at ? request.result : "open";
    }

    void publish_many(std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            bus->post(ping("x", i));
        }
        bus->wait_idle();
    }

    /// After this the bus carries out requests to forget an agent.
    void let_the_bus_grow_old() { runtime->run_for(30s); }

    bool broken = true;
    int runs = 0;
};

/// A worker with four dead letters that works again, on a store that fails on demand.
struct RequestsInTrouble : RequestsWorld {
    RequestsInTrouble() {
        for (std::int64_t i = 1; i <= 4; ++i) {
            publish("down", i);
        }
        broken = false;
        bus.reset();
        bus.emplace(bus::BusOptions{.runtime = runtime, .store = troubled});
    }

    /// Makes a request. The commit with that number fails, or that one and all after it.
    std::uint64_t ask(int failing, bool and_all_after, DeliveryAction action,
                      bus::Position position) {
        int commits = 0;
        troubled->fails_next = [=]() mutable {
            ++commits;
            return and_all_after ? commits >= failing : commits == failing;
        };
        const std::uint64_t number = bus->request({.who = "ann",
                                                   .why = "room",
                                                   .action = action,
                                                   .agent = "worker",
                                                   .position = position});
        runtime->run_for(5s); // not until idle: in lasting trouble it never is
        return number;
    }

    /// How many deliveries were redriven or discarded according to the traces.
    std::size_t traces() {
        std::size_t count = 0;
        for (const bus::RequestRecord& trace : store->requests(0, 100, false)) {
            count += trace.result == "redriven" || trace.result == "discarded" ? 1U : 0U;
        }
        return count;
    }

    std::shared_ptr<test::TroubledStore> troubled = std::make_shared<test::TroubledStore>(store);
};

constexpr int most_commits = 8; // more than any request needs

/// The message of what a function throws; empty if it throws nothing.
template <class Error, class F>
std::string refusal(F use) {
    try {
        use();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(requests, RequestsWorld)

BOOST_AUTO_TEST_CASE(R5_a_redrive_is_carried_out_once_and_leaves_a_trace_with_who_and_why) {
    publish("down", 1);
    broken = false;
    const std::uint64_t number =
        bus->request({.who = "ann", .why = "the bank is up", .agent = "worker", .position = 1});
    bus->wait_idle();
    BOOST_TEST(runs == 2);
    BOOST_TEST(store->deliveries("worker", DeliveryState::dead).empty());
    bool traced = false;
    for (const bus::RequestRecord& request : store->requests(0, 100, false)) {
        BOOST_TEST(request.who == "ann");
        BOOST_TEST(request.why == "the bank is up");
        BOOST_TEST(request.done_at.has_value());
        if (request.number == number) {
            traced = true;
            BOOST_TEST(request.result == "1 redriven");
        }
    }
    BOOST_TEST(traced);
    bus->request({.who = "ann", .why = "again", .agent = "worker", .position = 1});
    bus->wait_idle();
    BOOST_TEST(runs == 2);
    BOOST_TEST(store->requests(0, 100, true).empty());
}

BOOST_AUTO_TEST_CASE(R5_a_group_of_failures_is_redriven_by_kind_and_error) {
    publish("down", 1);
    publish("full", 2);
    publish("down", 3);
    broken = false;
    bus->request({.who = "ann",
                  .why = "it is up",
                  .agent = "worker",
                  .kind = bus::FailureKind::transient,
                  .error = "down"});
    bus->wait_idle();
    BOOST_TEST(runs == 5);
    BOOST_TEST_REQUIRE(store->deliveries("worker", DeliveryState::dead).size() == 1U);
    BOOST_TEST(store->deliveries("worker", DeliveryState::dead)[0].position == 2U);
}

BOOST_AUTO_TEST_CASE(R5_a_discard_is_idempotent_and_counted_once) {
    publish("down", 1);
    for (int i = 0; i < 2; ++i) {
        bus->request({.who = "ann",
                      .why = "a test order",
                      .action = DeliveryAction::discard,
                      .agent = "worker",
                      .position = 1});
        bus->wait_idle();
    }
    const bus::Conservation account = store->conservation().front();
    BOOST_TEST(account.discarded == 1U);
    BOOST_TEST(account.dead == 0U);
    BOOST_TEST(account.holds());
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(R5_a_request_made_while_no_host_ran_is_carried_out_when_one_runs) {
    publish("down", 1);
    broken = false;
    bus.reset();
    store->ask({.at = runtime->now(), .who = "ann", .why = "it is up", .agent = "worker"});
    start();
    add_worker();
    bus->wait_idle();
    BOOST_TEST(runs == 2);
    BOOST_TEST(store->agent("worker")->finished == 1U);
}

BOOST_AUTO_TEST_CASE(R5_a_request_about_an_agent_that_does_not_run_here_waits_in_its_row) {
    publish("down", 1);
    bus->remove("worker");
    bus->request({.who = "ann", .why = "it is up", .agent = "worker", .position = 1});
    bus->wait_idle();
    BOOST_TEST_REQUIRE(store->deliveries("worker", DeliveryState::deferred).size() == 1U);
    broken = false;
    add_worker();
    bus->wait_idle();
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(R5_a_discard_requested_before_the_agent_was_added_counts_once) {
    publish("down", 1);
    bus.reset();
    broken = false;
    store->ask({.at = runtime->now(),
                .who = "ann",
                .why = "a test order",
                .action = DeliveryAction::discard,
                .agent = "worker",
                .position = 1});
    start();
    add_worker();
    bus->wait_idle();
    const bus::Conservation account = store->conservation().front();
    BOOST_TEST(account.holds());
    BOOST_TEST(account.discarded == 1U);
    BOOST_TEST(account.finished == 0U);
}

BOOST_AUTO_TEST_CASE(R5_a_redrive_whose_answer_was_lost_does_not_redrive_a_later_death) {
    bus->wait_idle(); // it has looked for requests, and does so again at its next start only
    store->ask({.at = runtime->now(), .who = "ann", .why = "up", .agent = "worker", .position = 1});
    publish("down", 1); // dies after the request was made
    bus.reset();
    start();
    add_worker();
    bus->wait_idle();
    BOOST_TEST(runs == 1);
    BOOST_TEST(store->deliveries("worker", DeliveryState::dead).size() == 1U);
    BOOST_TEST(store->requests(0, 10, true).empty());
    BOOST_TEST(store->requests(0, 10, false).front().result ==
               "nothing: the delivery died after this was asked; look at it, and ask again");
}

BOOST_AUTO_TEST_CASE(R5_a_redrive_of_a_delivery_that_is_not_dead_says_what_it_is) {
    const auto answer = [this](bus::Position position) {
        const std::uint64_t number = bus->request(
            {.who = "ann", .why = "it is up", .agent = "worker", .position = position});
        bus->wait_idle();
        return store->requests(number - 1, 1, false).front().result;
    };
    publish("down", 1);
    bus->remove("worker"); // so that what is redriven is not attempted at once
    bus->request({.who = "ann", .why = "it is up", .agent = "worker", .position = 1});
    bus->wait_idle();
    BOOST_TEST(answer(1) == "nothing: the delivery is deferred, not dead");
    BOOST_TEST(answer(7) == "nothing: there is no such delivery, it may have finished");
}

BOOST_AUTO_TEST_CASE(R5_when_the_next_due_delivery_is_discarded_the_one_after_it_still_comes) {
    auto agent = scripted("patient");
    agent->settings().retry = test::every(1h, 3);
    bool down = true;
    int handled = 0;
    agent->handles<test::PongEvent>([&](const test::PongEvent&, bus::Context&) {
        if (down) {
            throw std::runtime_error{"down"};
        }
        ++handled;
    });
    bus->add(std::move(agent));
    bus->publish(test::pong("a"));
    bus->wait_idle();
    runtime->run_for(10min);
    bus->publish(test::pong("b"));
    bus->wait_idle();
    down = false;
    bus->request({.who = "ann",
                  .why = "not wanted",
                  .action = DeliveryAction::discard,
                  .agent = "patient",
                  .position = 1});
    bus->wait_idle();
    runtime->run_for(2h);
    BOOST_TEST(handled == 1);
    BOOST_TEST(bus->idle());
}

BOOST_AUTO_TEST_CASE(S10_the_checkpoint_keeps_up_with_two_workers_that_handle_nothing_of_a_log) {
    broken = false;
    publish_many(10'000);
    auto deaf = scripted("deaf");
    deaf->settings().workers = 2;
    deaf->handles<test::PongEvent>([](const test::PongEvent&, bus::Context&) {});
    bus->add(std::move(deaf));
    bus->wait_idle();
    BOOST_TEST(store->agent("deaf")->checkpoint > 5'000U);
}

BOOST_AUTO_TEST_CASE(S10_the_checkpoint_of_a_running_agent_passes_events_that_it_never_handles) {
    auto deaf = scripted("deaf");
    deaf->handles<test::PongEvent>([](const test::PongEvent&, bus::Context&) {});
    bus->add(std::move(deaf));
    broken = false;
    for (std::int64_t i = 0; i < 10'000; ++i) {
        bus->post(ping("x", i));
    }
    bus->wait_idle();
    BOOST_TEST(store->agent("deaf")->checkpoint > 5'000U);
}

BOOST_AUTO_TEST_CASE(S10_the_checkpoint_of_an_agent_at_rest_passes_unhandled_events_in_time) {
    broken = false;
    publish_many(10);
    const auto publish_others = [this](std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            bus->post(test::pong("x", i));
        }
        bus->wait_idle();
    };
    publish_others(20);
    BOOST_TEST(store->agent("worker")->checkpoint == 10U);
    runtime->run_for(1s);
    BOOST_TEST(store->agent("worker")->checkpoint == 30U);
    BOOST_TEST(bus->status().front().checkpoint == 30U);
    BOOST_TEST(store->agent("worker")->finished == 10U);
    BOOST_TEST(asked(DeliveryAction::prune, "", 20) == "20 events removed");
    publish_others(1);
    runtime->run_for(1s);
    BOOST_TEST(bus->prune(31) == 11U);
    publish_many(1);
    BOOST_TEST(store->agent("worker")->checkpoint == 32U);
}

BOOST_AUTO_TEST_CASE(an_agent_at_rest_writes_what_it_has_passed_once_and_then_nothing_more) {
    bus.reset();
    const auto troubled = std::make_shared<test::TroubledStore>(store);
    bus.emplace(bus::BusOptions{runtime, troubled});
    add_worker();
    broken = false;
    publish("x", 0); // the first one is noted before it runs
    int commits = 0;
    troubled->after_commit = [&] { ++commits; };
    for (std::int64_t i = 0; i < 10; ++i) {
        bus->publish(test::pong("x", i));
        runtime->run_for(50ms);
    }
    BOOST_TEST(commits == 10);
    runtime->run_for(500ms);
    BOOST_TEST(commits == 11);
    BOOST_TEST(runtime->run_for(24h) == 0U);
    BOOST_TEST(commits == 11);
    publish("x", 1); // its step settles it, and nothing else was passed
    runtime->run_for(1min);
    BOOST_TEST(commits == 13);
    bus->publish(test::pong("x", 11));
    bus.reset();
    BOOST_TEST(commits == 15); // at the latest when the bus ends
    BOOST_TEST(runtime->run_for(1min) == 0U);
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_at_work_a_second_after_it_rested_writes_at_its_next_rest) {
    auto busy = scripted("busy");
    busy->handles<test::GivenUpEvent>([this](const test::GivenUpEvent&, bus::Context&) {
        bus->post(test::pong("x", 1));
        runtime->pass(2s);
        runtime->poll(1'000);
    });
    bus->add(std::move(busy));
    bus->publish(test::pong("x", 0));
    bus->wait_idle();
    bus->publish(test::given_up("x", "slow"));
    bus->wait_idle();
    BOOST_TEST(store->agent("busy")->checkpoint == 2U);
    runtime->run_for(1s);
    BOOST_TEST(store->agent("busy")->checkpoint == 3U);
}

BOOST_AUTO_TEST_CASE(an_agent_that_a_step_removes_and_the_host_adds_again_repeats_nothing) {
    auto leaver = [&] {
        auto agent = scripted("leaver");
        agent->handles<PingEvent, test::PongEvent>([&](const PingEvent& event, bus::Context& ctx) {
            ctx.publish(test::pong("x", event.number));
            if (event.number == 1) {
                bus->remove("leaver");
            }
        });
        return agent;
    };
    broken = false;
    bus->add(leaver());
    publish("x", 1);
    bus->add(leaver());
    publish("x", 2);
    BOOST_TEST(numbers<test::PongEvent>() == test::range(1, 2), boost::test_tools::per_element());
    BOOST_TEST(store->agent("leaver")->finished == 2U);
}

BOOST_AUTO_TEST_CASE(R5_a_request_must_say_who_makes_it) {
    BOOST_CHECK_THROW(bus->request({.agent = "worker"}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(R5_a_request_prunes_the_log_however_much_that_is) {
    broken = false;
    publish_many(4'500);
    BOOST_TEST(asked(DeliveryAction::prune, "", 4'001) == "4001 events removed");
    BOOST_TEST(store->first_position() == 4'002U);
    BOOST_TEST(asked(DeliveryAction::prune, "", 4'001) == "0 events removed");
    BOOST_TEST(asked(DeliveryAction::prune, "", 4'002) == "1 event removed");
    publish("x", 9);
    BOOST_TEST(store->last_position() == 4'501U);
}

BOOST_AUTO_TEST_CASE(R5_pruning_what_an_agent_needs_is_refused_in_the_words_of_the_direct_call) {
    broken = false;
    publish("x", 1);
    broken = true;
    publish("down", 2);
    const std::string direct = refusal<bus::PruneRefused>([&] { bus->prune(2); });
    BOOST_TEST(direct.find("agent 'worker' is not done with event 2") != std::string::npos);
    BOOST_TEST(asked(DeliveryAction::prune, "", 2) == direct);
    BOOST_TEST(store->first_position() == 1U);
    BOOST_TEST(asked(DeliveryAction::prune, "", 1) == "1 event removed");
}

BOOST_AUTO_TEST_CASE(R5_pruning_interrupted_by_the_end_of_its_program_is_finished_by_the_next_one) {
    broken = false;
    publish_many(5'000);
    const std::uint64_t number =
        bus->request({.who = "ann", .action = DeliveryAction::prune, .position = 5'000});
    while (store->first_position() == 1U) {
        BOOST_REQUIRE(runtime->run_one());
    }
    bus.reset();
    BOOST_TEST(store->first_position() < 5'000U);
    BOOST_TEST(answer(number) == "open");
    start();
    bus->wait_idle();
    BOOST_TEST(store->first_position() == 5'001U);
    BOOST_TEST(answer(number).find("events removed by this program") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(A11_a_draining_bus_prunes_no_further_page_and_the_request_stays_open) {
    broken = false;
    publish_many(5'000);
    const std::uint64_t number =
        bus->request({.who = "ann", .action = DeliveryAction::prune, .position = 5'000});
    while (store->first_position() == 1U) {
        BOOST_REQUIRE(runtime->run_one());
    }
    const std::uint64_t later = bus->request({.who = "ann", .agent = "worker"});
    BOOST_TEST(bus->stop(bus::Stop::drain).drained);
    BOOST_TEST(store->first_position() <= 2'001U);
    BOOST_TEST(answer(number) == "open");
    BOOST_TEST(answer(later) == "open");
    restart();
    bus->wait_idle();
    BOOST_TEST(store->first_position() == 5'001U);
    BOOST_TEST(answer(later) == "0 redriven by this program");
}

BOOST_AUTO_TEST_CASE(
    R5_a_request_that_this_program_does_not_know_is_answered_and_holds_up_no_other) {
    const auto newer = static_cast<DeliveryAction>(static_cast<int>(DeliveryAction::rename) + 1);
    BOOST_TEST(asked(newer, "worker", 0) ==
               "nothing: this program does not know what is asked; use a newer one");
    BOOST_TEST(asked(DeliveryAction::redrive, "worker", 0) == "0 redriven");
}

BOOST_AUTO_TEST_CASE(R5_the_answer_counts_what_was_done_before_trouble_in_the_same_program) {
    broken = false;
    publish_many(2'500);
    bus.reset();
    const auto troubled = std::make_shared<test::TroubledStore>(store);
    int pages = 0;
    troubled->before_removal = [&] {
        if (++pages == 2) {
            throw bus::StoreError{"troubled"};
        }
    };
    bus.emplace(bus::BusOptions{runtime, troubled});
    bus->wait_idle(); // the bus has looked for requests for the first time
    const std::uint64_t number =
        bus->request({.who = "ann", .action = DeliveryAction::prune, .position = 2'500});
    bus->wait_idle();
    BOOST_TEST(answer(number) == "open");
    runtime->run_for(1s);
    BOOST_TEST(answer(number) == "2500 events removed");
}

BOOST_AUTO_TEST_CASE(R5_an_answer_that_could_not_be_stored_is_given_later_and_says_the_same) {
    broken = false;
    publish_many(1'500);
    bus.reset();
    const auto troubled = std::make_shared<test::TroubledStore>(store);
    bus.emplace(bus::BusOptions{runtime, troubled});
    bus->wait_idle();
    const std::uint64_t number =
        bus->request({.who = "ann", .action = DeliveryAction::prune, .position = 1'500});
    troubled->disk_full = true;
    bus->wait_idle();
    BOOST_TEST(answer(number) == "open");
    troubled->disk_full = false;
    runtime->run_for(2s);
    BOOST_TEST(answer(number) == "1500 events removed");
}

BOOST_AUTO_TEST_CASE(R5_whichever_commit_of_a_request_fails_its_answer_says_what_was_done) {
    const auto answered = [](int failing, DeliveryAction action, bus::Position position) {
        RequestsInTrouble world;
        world.add_worker();
        world.bus->wait_idle();
        const std::uint64_t number = world.ask(failing, false, action, position);
        BOOST_TEST(world.traces() == (position == 0 ? 4U : 1U));
        return world.answer(number);
    };
    for (int failing = 1; failing <= most_commits; ++failing) {
        BOOST_TEST(answered(failing, DeliveryAction::redrive, 1) == "1 redriven");
        BOOST_TEST(answered(failing, DeliveryAction::discard, 1) == "1 discarded");
        BOOST_TEST(answered(failing, DeliveryAction::redrive, 0) == "4 redriven");
        BOOST_TEST(answered(failing, DeliveryAction::discard, 0) == "4 discarded");
    }
}

BOOST_AUTO_TEST_CASE(R5_whenever_the_program_dies_the_answer_to_a_request_says_what_was_done) {
    const auto answered = [](int failing, DeliveryAction action, bus::Position position) {
        RequestsInTrouble world;
        world.add_worker();
        world.bus->wait_idle();
        const std::uint64_t number = world.ask(failing, true, action, position);
        world.bus.reset();
        const std::size_t before = world.traces();
        const bool open = world.answer(number) == "open";
        world.restart();
        world.add_worker();
        world.bus->wait_idle();
        BOOST_TEST(world.traces() == (position == 0 ? 4U : 1U));
        const std::string done = std::to_string(world.traces() - (open ? before : 0));
        const std::string answer = world.answer(number);
        BOOST_TEST(answer.find(done + ' ') == 0U, answer);
        BOOST_TEST((answer.find("by this program") != std::string::npos) == (open && position == 0),
                   answer);
    };
    for (int failing = 1; failing <= most_commits; ++failing) {
        answered(failing, DeliveryAction::redrive, 1);
        answered(failing, DeliveryAction::discard, 1);
        answered(failing, DeliveryAction::redrive, 0);
        answered(failing, DeliveryAction::discard, 0);
    }
}

BOOST_AUTO_TEST_CASE(R5_a_request_that_forgets_an_agent_is_answered_although_no_commit_follows) {
    RequestsInTrouble world;
    world.let_the_bus_grow_old();
    const std::uint64_t number = world.ask(1, true, DeliveryAction::forget, 0);
    world.bus.reset();
    world.restart();
    world.bus->wait_idle();
    BOOST_TEST(!world.store->agent("worker"));
    BOOST_TEST(world.answer(number) == "forgotten, with 4 deliveries that had not finished");
}

BOOST_AUTO_TEST_CASE(a_bus_starts_although_its_requests_cannot_be_read) {
    bus.reset();
    broken = false;
    const auto troubled = std::make_shared<test::TroubledStore>(store);
    troubled->requests_unreadable = true;
    bus.emplace(bus::BusOptions{runtime, troubled});
    add_worker();
    publish("x", 1);
    BOOST_TEST(runs == 1);
    troubled->requests_unreadable = false;
    BOOST_TEST(asked(DeliveryAction::prune, "", 1) == "1 event removed");
}

BOOST_AUTO_TEST_CASE(R5_a_request_that_cannot_be_begun_holds_up_no_other_and_is_tried_again) {
    RequestsInTrouble world;
    world.add_worker();
    world.let_the_bus_grow_old();
    world.troubled->agents_unreadable = true;
    const auto ask = [&](DeliveryAction action, const std::string& agent, bus::Position position) {
        return world.bus->request(
            {.who = "ann", .action = action, .agent = agent, .position = position});
    };
    const std::uint64_t replay = ask(DeliveryAction::replay, "worker", 0);
    const std::uint64_t forget = ask(DeliveryAction::forget, "none", 0);
    const std::uint64_t redrive = ask(DeliveryAction::redrive, "worker", 1);
    world.runtime->run_for(5s);
    BOOST_TEST(world.answer(replay) == "open");
    BOOST_TEST(world.answer(forget) == "open");
    BOOST_TEST(world.answer(redrive) == "1 redriven");
    world.troubled->agents_unreadable = false;
    world.runtime->run_for(1s);
    BOOST_TEST(world.answer(replay) == "replays from position 1");
    BOOST_TEST(world.answer(forget) == "agent none is not there (any more)");
}

BOOST_AUTO_TEST_CASE(R5_requests_that_could_not_be_read_are_read_later) {
    RequestsInTrouble world;
    world.add_worker();
    world.bus->wait_idle();
    world.troubled->requests_unreadable = true;
    const std::uint64_t number = world.bus->request(
        {.who = "ann", .action = DeliveryAction::discard, .agent = "worker", .position = 1});
    world.runtime->run_for(5s);
    BOOST_TEST(world.answer(number) == "open");
    world.troubled->requests_unreadable = false;
    world.runtime->run_for(1s);
    BOOST_TEST(world.answer(number) == "1 discarded");
}

BOOST_AUTO_TEST_CASE(R5_a_request_forgets_an_agent_that_is_gone_but_not_one_that_is_there) {
    publish("down", 1);
    const std::string direct = refusal<std::invalid_argument>([&] { bus->forget("worker"); });
    BOOST_TEST(direct.find("remove it before it is forgotten") != std::string::npos, direct);
    BOOST_TEST(asked(DeliveryAction::forget, "worker", 0) == direct);
    BOOST_TEST(store->agent("worker").has_value());
    bus->remove("worker");
    let_the_bus_grow_old();
    BOOST_TEST(asked(DeliveryAction::forget, "worker", 0) ==
               "forgotten, with 1 deliveries that had not finished");
    BOOST_TEST(!store->agent("worker"));
    BOOST_TEST(asked(DeliveryAction::forget, "worker", 0) ==
               "agent worker is not there (any more)");
    broken = false;
    add_worker(); // its name is free
    bus->wait_idle();
    BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(R5_a_starting_program_forgets_none_of_its_agents_because_of_an_old_request) {
    broken = false;
    publish("x", 1);
    bus.reset();
    const std::uint64_t number = store->ask({.at = runtime->now(),
                                             .who = "ann",
                                             .why = "gone",
                                             .action = DeliveryAction::forget,
                                             .agent = "worker"});
    start();
    bus->wait_idle(); // the bus has looked for requests before the agent is added
    add_worker();
    bus->wait_idle();
    BOOST_TEST(runs == 1);
    BOOST_TEST(answer(number) ==
               "nothing: the program that was asked has ended meanwhile; ask again");
    BOOST_TEST(store->agent("worker")->finished == 1U);
}

BOOST_AUTO_TEST_CASE(R5_while_a_program_may_still_add_its_agents_it_forgets_none_on_request) {
    broken = false;
    publish("x", 1);
    const auto ask_at_the_start = [&] {
        restart();
        const std::uint64_t number =
            bus->request({.who = "ann", .action = DeliveryAction::forget, .agent = "worker"});
        bus->wait_idle();
        BOOST_TEST(answer(number) == "open");
        return number;
    };
    const std::uint64_t early = ask_at_the_start();
    BOOST_TEST(asked(DeliveryAction::redrive, "worker", 0) == "0 redriven"); // not held up
    add_worker();
    let_the_bus_grow_old();
    BOOST_TEST(answer(early).find("remove it before it is forgotten") != std::string::npos);
    BOOST_TEST(runs == 1);
    BOOST_TEST(store->agent("worker")->finished == 1U);

    const std::uint64_t gone = ask_at_the_start();
    runtime->run_for(29s);
    BOOST_TEST(answer(gone) == "open");
    runtime->run_for(1s);
    BOOST_TEST(answer(gone) == "forgotten, with 0 deliveries that had not finished");
    BOOST_TEST(!store->agent("worker"));
}

BOOST_AUTO_TEST_CASE(an_agent_can_be_added_at_any_moment_of_a_request_that_forgets_it) {
    broken = false;
    let_the_bus_grow_old();
    bool forgotten = false;
    bool refused = false;
    for (int steps = 0; steps < 12; ++steps) {
        bus->remove("worker");
        const std::uint64_t number =
            bus->request({.who = "ann", .action = DeliveryAction::forget, .agent = "worker"});
        for (int i = 0; i < steps && runtime->run_one(); ++i) {
        }
        add_worker(); // waits if the agent is just being forgotten
        bus->wait_idle();
        BOOST_TEST(store->agent("worker").has_value());
        forgotten = forgotten || answer(number).find("forgotten, with") == 0;
        refused = refused || answer(number).find("is on this bus") != std::string::npos;
    }
    BOOST_TEST(forgotten);
    BOOST_TEST(refused);
}

BOOST_AUTO_TEST_CASE(an_agent_that_a_step_has_removed_is_not_forgotten_before_the_step_has_ended) {
    std::string told;
    auto agent = scripted("leaver");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
        bus->remove("leaver");
        told = refusal<std::invalid_argument>([&] { bus->forget("leaver"); });
    });
    bus->add(std::move(agent));
    broken = false;
    publish("x", 1);
    BOOST_TEST(told.find("still ending its last step") != std::string::npos, told);
    BOOST_TEST(store->agent("leaver")->finished == 1U);
    BOOST_TEST(bus->forget("leaver"));
    bus->wait_idle();
    bus.reset();
    BOOST_TEST(!store->agent("leaver"));
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_gone_can_be_forgotten_and_the_log_pruned_behind_the_others) {
    broken = false;
    for (std::int64_t i = 1; i <= 5; ++i) {
        publish("x", i);
    }
    auto slow = scripted("slow");
    slow->settings().start = bus::StartPosition::after(2);
    slow->handles<test::PongEvent>([](const test::PongEvent&, bus::Context&) {});
    bus->add(std::move(slow));
    bus->wait_idle();
    BOOST_CHECK_THROW(bus->forget("slow"), std::invalid_argument);
    bus->remove("slow");
    BOOST_TEST(bus->forget("slow"));
    BOOST_TEST(!bus->forget("slow"));
    BOOST_TEST(bus->prune(3) == 3U);
    BOOST_TEST(store->first_position() == 4U);
    broken = true;
    publish("x", 6);
    BOOST_CHECK_THROW(bus->prune(6), bus::PruneRefused);
    publish("x", 7);
    broken = false;
    bus->request({.who = "ann", .why = "up", .agent = "worker"});
    bus->wait_idle();
    BOOST_TEST(bus->prune(7) == 4U);
    BOOST_TEST(bus->publish(ping("x", 8)).position == 8U);
}

BOOST_AUTO_TEST_SUITE_END()
