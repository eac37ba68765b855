// An agent that handles the log again: S12.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include <bus/event/codec.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryAction;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

namespace {

/// An agent that sums up the numbers of each name, and emits an event for each.
struct ReplayWorld : test::StoredWorld {
    ReplayWorld() {
        add("summer");
        for (std::int64_t i = 1; i <= 6; ++i) {
            bus->publish(ping(i % 2 == 0 ? "even" : "odd", i));
        }
        bus->wait_idle();
    }

    bus::Agent& add(const std::string& name, bus::StartPosition start = {}) {
        auto agent = scripted(name);
        agent->settings().start = start;
        agent->settings().retry = test::every(1s, 1);
        agent->handles<PingEvent, PongEvent>([this](const PingEvent& event, bus::Context& context) {
            ++runs;
            replays += context.replaying() ? 1 : 0;
            if (event.number == broken) {
                throw std::runtime_error{"broken"};
            }
            const auto sum = context.state<std::int64_t>(event.name).value_or(0) + event.number;
            context.set_state(event.name, sum);
            context.publish(test::pong(event.name, event.number));
            context.schedule(1h, test::pong("late", event.number));
        });
        return bus->add(std::move(agent));
    }

    void replay(DeliveryAction action = DeliveryAction::replay, bus::Position from = 0) {
        runs = 0;
        replays = 0;
        bus->request({.who = "ann",
                      .why = "a new column",
                      .action = action,
                      .agent = "summer",
                      .position = from});
        bus->wait_idle();
    }

    void lengthen_log() {
        for (int i = 0; i < 3'000; ++i) {
            bus->post(ping("odd", 1));
        }
        bus->wait_idle();
    }

    /// Requests a replay, and runs a part of it.
    void replay_in_part() {
        bus->request({.who = "ann", .action = DeliveryAction::replay, .agent = "summer"});
        while (store->agent("summer")->checkpoint > 1'000) {
            BOOST_REQUIRE(runtime->run_one());
        }
        while (store->agent("summer")->checkpoint < 100) {
            BOOST_REQUIRE(runtime->run_one());
        }
    }

    std::string state(const std::string& key, const std::string& agent = "summer") {
        const auto found = store->state(agent, key);
        return found ? found->json : "none";
    }

    std::size_t pongs() { return store->read_type("PongEvent", 0, 1'000).size(); }

    std::string answer() {
        const auto all = store->requests(0, 100, false);
        return all.empty() || !all.back().done_at ? "none" : all.back().result;
    }

    int runs = 0;
    int replays = 0;
    std::int64_t broken = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(replay, ReplayWorld)

BOOST_AUTO_TEST_CASE(S12_a_replay_gives_the_state_of_the_live_run_and_nothing_happens_twice) {
    const std::string odd = state("odd");
    BOOST_TEST(odd == "9");
    const std::size_t before = pongs();
    replay();
    BOOST_TEST(runs == 6);
    BOOST_TEST(replays == 6);
    BOOST_TEST(state("odd") == odd);
    BOOST_TEST(state("even") == "12");
    BOOST_TEST(pongs() == before);
    BOOST_TEST(answer() == "replays from position 1");
    const auto agent = store->agent("summer");
    BOOST_TEST(agent->checkpoint == store->last_position());
    BOOST_TEST(agent->finished == 6U);
    for (const bus::Conservation& account : store->conservation()) {
        BOOST_TEST(account.holds());
    }
}

BOOST_AUTO_TEST_CASE(S12_a_new_agent_that_starts_with_a_replay_has_the_state_of_the_old_one) {
    const std::size_t before = pongs();
    runs = 0;
    replays = 0;
    add("second", bus::StartPosition::replay());
    bus->wait_idle();
    BOOST_TEST(replays == 6);
    BOOST_TEST(state("odd", "second") == state("odd"));
    BOOST_TEST(state("even", "second") == state("even"));
    BOOST_TEST(pongs() == before);
    bus->publish(ping("odd", 7));
    bus->wait_idle();
    BOOST_TEST(replays == 6); // what comes after it is live
    BOOST_TEST(pongs() == before + 2);
}

BOOST_AUTO_TEST_CASE(S12_after_a_restart_a_new_agent_does_not_replay_once_more) {
    add("second", bus::StartPosition::replay());
    bus->wait_idle();
    restart();
    runs = 0;
    add("second", bus::StartPosition::replay());
    bus->wait_idle();
    BOOST_TEST(runs == 0);
}

BOOST_AUTO_TEST_CASE(a_replay_with_effects_repeats_everything) {
    const std::size_t before = pongs();
    replay(DeliveryAction::replay_with_effects);
    BOOST_TEST(runs == 6);
    BOOST_TEST(replays == 0);
    BOOST_TEST(pongs() == before + 6);
}

BOOST_AUTO_TEST_CASE(a_replay_may_begin_in_the_middle_of_the_log) {
    std::int64_t odd = 0;
    bus::Position from = 0;
    for (const bus::StoredEvent& event : store->read_type("PingEvent", 0, 100)) {
        const auto decoded = bus::decode(event.record);
        const auto& one = static_cast<const PingEvent&>(*decoded);
        if (one.number >= 4) {
            from = from == 0 ? event.position : from;
            odd += one.name == "odd" ? one.number : 0;
        }
    }
    replay(DeliveryAction::replay, from);
    BOOST_TEST(runs == 3);
    BOOST_TEST(state("odd") == std::to_string(odd));
}

BOOST_AUTO_TEST_CASE(timers_that_were_running_fire_once_whether_or_not_there_is_a_replay) {
    BOOST_TEST(store->timers({}, 0, 100).size() == 6U);
    const std::size_t before = pongs();
    replay();
    BOOST_TEST(store->timers({}, 0, 100).size() == 6U);
    runtime->run_for(2h);
    bus->wait_idle();
    BOOST_TEST(pongs() == before + 6);
}

BOOST_AUTO_TEST_CASE(an_unfinished_delivery_waits_as_before_and_then_has_its_effects) {
    broken = 7;
    bus->publish(ping("odd", 7));
    bus->publish(ping("odd", 9)); // parked behind it
    bus->wait_idle();
    const std::size_t before = pongs();
    BOOST_TEST(store->deliveries("summer", DeliveryState::dead).size() == 1U);
    replay();
    BOOST_TEST(runs == 6);
    BOOST_TEST(state("odd") == "9");
    BOOST_TEST(store->delivery_briefs("summer").size() == 2U);
    broken = 0;
    replay(DeliveryAction::redrive);
    BOOST_TEST(store->delivery_briefs("summer").empty());
    BOOST_TEST(state("odd") == "25");
    BOOST_TEST(pongs() == before + 2);
    for (const bus::Conservation& account : store->conservation()) {
        BOOST_TEST(account.holds());
        BOOST_TEST(account.finished == 8U);
    }
}

BOOST_AUTO_TEST_CASE(a_replay_with_effects_tries_again_what_was_given_up) {
    broken = 7;
    bus->publish(ping("odd", 7));
    bus->wait_idle();
    broken = 0;
    replay(DeliveryAction::replay_with_effects);
    BOOST_TEST(store->delivery_briefs("summer").empty());
    BOOST_TEST(state("odd") == "16");
}

BOOST_AUTO_TEST_CASE(a_replay_never_begins_after_the_last_handled_event) {
    replay(DeliveryAction::replay, 1'000);
    BOOST_TEST(store->agent("summer")->checkpoint <= store->last_position());
    bus->publish(ping("odd", 7));
    bus->wait_idle();
    BOOST_TEST(state("odd") == "7");
}

BOOST_AUTO_TEST_CASE(events_published_during_a_replay_are_handled_once_and_live) {
    runs = 0;
    bus->request({.who = "ann", .action = DeliveryAction::replay, .agent = "summer"});
    for (std::int64_t i = 7; i <= 40; ++i) {
        bus->post(ping("odd", 2 * i + 1));
    }
    bus->wait_idle();
    std::int64_t sum = 9;
    for (std::int64_t i = 7; i <= 40; ++i) {
        sum += 2 * i + 1;
    }
    BOOST_TEST(state("odd") == std::to_string(sum));
    BOOST_TEST(pongs() == 6U + 34U);
}

BOOST_AUTO_TEST_CASE(a_replay_that_a_restart_interrupts_continues_where_it_was) {
    lengthen_log();
    const std::string odd = state("odd");
    const std::size_t before = pongs();
    replay_in_part();
    bus->stop(bus::Stop::now, 0s);
    BOOST_TEST(store->agent("summer")->checkpoint < store->last_position());
    restart();
    add("summer");
    bus->wait_idle();
    BOOST_TEST(state("odd") == odd);
    BOOST_TEST(pongs() == before);
}

BOOST_AUTO_TEST_CASE(a_replay_requested_while_one_runs_repeats_no_effect_either) {
    lengthen_log();
    const std::string odd = state("odd");
    const std::size_t before = pongs();
    replay_in_part();
    BOOST_TEST(store->agent("summer")->checkpoint < store->agent("summer")->replay.through);
    replay();
    BOOST_TEST(state("odd") == odd);
    BOOST_TEST(pongs() == before);
}

BOOST_AUTO_TEST_CASE(a_replay_ends_even_if_the_agent_handles_nothing_at_the_end_of_the_log) {
    broken = 7;
    bus->publish(ping("odd", 7));
    bus->wait_idle();
    for (std::int64_t i = 0; i < 1'500; ++i) {
        bus->post(test::given_up("nobody", "asks"));
    }
    bus->wait_idle();
    bus->stop(bus::Stop::drain, 10s);
    restart();
    add("summer");
    bus->wait_idle();
    const std::size_t before = pongs();
    replay();
    const auto agent = store->agent("summer");
    BOOST_TEST(agent->checkpoint >= agent->replay.through);
    broken = 0;
    replay(DeliveryAction::redrive);
    BOOST_TEST(pongs() == before + 1);
    BOOST_TEST(state("odd") == "16");
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_not_on_this_bus_begins_again_when_it_is_added) {
    const std::string odd = state("odd");
    bus->remove("summer");
    replay();
    BOOST_TEST(answer() == "replays from position 1, once its program runs");
    BOOST_TEST(state("odd") == "none");
    add("summer");
    bus->wait_idle();
    BOOST_TEST(replays == 6);
    BOOST_TEST(state("odd") == odd);
}

BOOST_AUTO_TEST_CASE(an_agent_that_the_store_does_not_know_is_named_in_the_answer) {
    bus->request({.who = "ann", .action = DeliveryAction::replay, .agent = "nobody"});
    bus->wait_idle();
    BOOST_TEST(answer() == "nothing: the store knows no agent nobody");
}

BOOST_AUTO_TEST_CASE(pruned_events_are_not_replayed_and_the_answer_says_where_the_replay_begins) {
    const bus::Position through = bus->prune(2) == 2 ? 2 : 0;
    BOOST_TEST(through == 2U);
    replay();
    BOOST_TEST(answer() == "replays from position 3");
}

BOOST_AUTO_TEST_SUITE_END()
