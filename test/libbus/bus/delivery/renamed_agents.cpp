// A program that renames an agent, and replays of events whose types were renamed.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include <bus/event/codec.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

bool contains(const std::string& text, const char* what) {
    return text.find(what) != std::string::npos;
}

/// Counts in its state. At `later` it starts a timer, at `never mind` it cancels it, at `bad` it
/// fails as long as it is broken, and `no` is rejected.
struct RenamedWorld : test::StoredWorld {
    void add(std::unique_ptr<test::ScriptedAgent> agent) {
        agent->settings().retry = test::every(1h, 10);
        agent->handles<PingEvent, PongEvent>([this](const PingEvent& event, bus::Context& context) {
            if (event.name == "no") {
                throw bus::Failure::rejected("no");
            }
            if (event.name == "bad" && broken) {
                throw std::runtime_error{"cannot"};
            }
            if (event.name == "later") {
                const bus::TimerHandle timer = context.schedule(24h, pong("timer", event.number));
                context.set_state("timer", timer.number);
            }
            if (event.name == "never mind") {
                context.cancel({context.state<std::uint64_t>("timer").value()});
            }
            context.set_state("n", context.state<std::int64_t>("n").value_or(0) + 1);
            ++handled;
        });
        bus->add(std::move(agent));
    }

    void publish(const std::string& name) {
        bus->publish(ping(name, ++number));
        runtime->run_for(1s);
    }

    bus::AgentStatus status() { return bus->status().at(0); }

    std::string error_of(std::unique_ptr<test::ScriptedAgent> agent) {
        try {
            add(std::move(agent));
        } catch (const std::exception& error) {
            return error.what();
        }
        return {};
    }

    /// Makes the store look as if an earlier program had known a type that this one does not know.
    /// The log has `count` events of that type, which the agent has handled if `handled_by_it`.
    void add_events_of_old_type(std::uint64_t count, bool handled_by_it) {
        for (std::uint64_t i = 0; i < count; ++i) {
            bus::Part part;
            bus::EventRecord record = bus::encode(ping("old"));
            record.event_type = "OldPingEvent";
            part.events.push_back({.record = record});
            const bus::Position at = store->commit({&part, 1}, true).at(0).places.at(0).position;
            bus::Part settles;
            settles.agent = "counter";
            settles.settled = {{at, at}};
            settles.delivered = handled_by_it ? 1 : 0;
            settles.finished = settles.delivered;
            BOOST_TEST_REQUIRE(!store->commit({&settles, 1}, true).at(0).error);
        }
    }

    std::string replayed(bool forced) {
        const std::uint64_t asked = bus->request({.who = "ann",
                                                  .action = bus::DeliveryAction::replay,
                                                  .agent = "counter",
                                                  .forced = forced});
        runtime->run_for(1s);
        return store->requests(asked - 1, 1, false).at(0).result;
    }

    bool broken = true;
    int handled = 0;
    std::int64_t number = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(renamed_agents, RenamedWorld)

BOOST_AUTO_TEST_CASE(R15_a_renamed_agent_continues_where_it_was_with_everything_it_had) {
    add(test::scripted("counter"));
    for (const char* name : {"good", "bad", "bad", "no", "later"}) {
        publish(name);
    }
    const bus::AgentStatus before = status();
    BOOST_TEST(before.retrying == 1U);
    BOOST_TEST(before.parked == 1U);
    BOOST_TEST(before.dead == 1U);
    BOOST_TEST(store->count_timers() == 1U);
    broken = false;
    restart();
    add(std::make_unique<test::ScriptedAgent>("tally", "counter"));
    runtime->run_for(1s);
    BOOST_TEST(!store->agent("counter").has_value());
    BOOST_TEST(status().name == "tally");
    BOOST_TEST(status().checkpoint == before.checkpoint);
    BOOST_TEST(status().dead == 1U);
    BOOST_TEST(handled == 2); // nothing that was handled before
    runtime->run_for(2h);
    BOOST_TEST(handled == 4);
    BOOST_TEST(store->state("tally", "n")->json == "4");
    runtime->run_for(24h);
    BOOST_TEST(numbers<PongEvent>() == std::vector<std::int64_t>{5});
    BOOST_TEST(store->conservation().at(0).holds());
    const auto traces = store->requests(0, 10, false);
    BOOST_TEST_REQUIRE(traces.size() == 1U);
    BOOST_TEST(traces[0].who == "tally");
    BOOST_TEST(traces[0].agent == "counter");
    BOOST_TEST(traces[0].result == "renamed to tally");
}

BOOST_AUTO_TEST_CASE(R15_the_handle_of_a_timer_is_valid_for_the_renamed_agent) {
    add(test::scripted("counter"));
    publish("later");
    restart();
    add(std::make_unique<test::ScriptedAgent>("tally", "counter"));
    publish("never mind");
    runtime->run_for(48h);
    BOOST_TEST(numbers<PongEvent>().empty());
    BOOST_TEST(store->count_timers() == 0U);
}

BOOST_AUTO_TEST_CASE(R15_an_agent_that_the_store_does_not_know_by_any_name_begins_as_usual) {
    add(std::make_unique<test::ScriptedAgent>("tally", "counter"));
    publish("good");
    BOOST_TEST(handled == 1);
    restart();
    add(std::make_unique<test::ScriptedAgent>("tally", "counter")); // as at each later start
    publish("good");
    BOOST_TEST(handled == 2);
    BOOST_TEST(store->requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_CASE(R15_two_agents_that_would_have_one_name_are_refused_with_what_to_do) {
    add(test::scripted("counter"));
    publish("good");
    restart();
    add(test::scripted("tally"));
    publish("good");
    BOOST_TEST(contains(error_of(std::make_unique<test::ScriptedAgent>("total", "tally")),
                        "agent tally is on this bus: remove it before total"));
    BOOST_TEST(!bus->status().empty());
    restart();
    const std::string both = error_of(std::make_unique<test::ScriptedAgent>("tally", "counter"));
    BOOST_TEST(contains(both, "cannot rename agent counter to tally"), both);
    BOOST_TEST(contains(both, "`bus agents forget`"), both);
    BOOST_TEST(store->agent("counter").has_value());
    BOOST_TEST(contains(error_of(std::make_unique<test::ScriptedAgent>("tally", "tally")),
                        "which must be another name"));
    bus->forget("tally");
    BOOST_TEST(error_of(std::make_unique<test::ScriptedAgent>("tally", "counter")) == "");
}

BOOST_AUTO_TEST_CASE(R15_without_a_store_a_former_name_changes_nothing) {
    bus.emplace(bus::BusOptions{.runtime = runtime});
    add(std::make_unique<test::ScriptedAgent>("tally", "counter"));
    publish("good");
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(R16_a_replay_that_would_lose_the_effects_of_unknown_types_is_refused) {
    add(test::scripted("counter"));
    publish("good");
    bus.reset();
    add_events_of_old_type(2, true);
    start();
    add(test::scripted("counter"));
    runtime->run_for(1s);
    const std::string refused = replayed(false);
    BOOST_TEST(contains(refused, "nothing: "), refused);
    BOOST_TEST(contains(refused, "may have handled: OldPingEvent"), refused);
    BOOST_TEST(contains(refused, "--force"), refused);
    BOOST_TEST(store->state("counter", "n")->json == "1");
    BOOST_TEST(handled == 1);
    BOOST_TEST(replayed(true) == "replays from position 1");
    BOOST_TEST(handled == 2);
    BOOST_TEST(store->state("counter", "n")->json == "1");
}

BOOST_AUTO_TEST_CASE(R16_unknown_types_that_the_agent_never_handled_do_not_prevent_a_replay) {
    add(test::scripted("counter"));
    publish("good");
    bus.reset();
    add_events_of_old_type(2, false);
    start();
    add(test::scripted("counter"));
    publish("good");
    BOOST_TEST(replayed(false) == "replays from position 1");
    BOOST_TEST(handled == 4);
}

BOOST_AUTO_TEST_SUITE_END()
