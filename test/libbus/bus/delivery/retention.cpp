// A bus that prunes its log by itself.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include <bus/observers.hpp>
#include <bus/store/retention.hpp>

#include <algorithm>
#include <stdexcept>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

constexpr bus::Duration day = 24h;

/// A bus that keeps events for a week, with a worker that fails at events named `bad`.
struct RetentionWorld : test::StoredWorld {
    RetentionWorld() { begin(); }

    void begin() {
        bus.reset();
        bus.emplace(bus::BusOptions{.runtime = runtime, .store = store, .retention = 7 * day});
        observers.emplace(*bus);
        observers->trouble.connect([this](std::string_view what) { troubles.emplace_back(what); });
        auto agent = scripted("worker");
        agent->settings().retry = test::every(1s, 1);
        agent->settings().sequence = bus::Sequence::none();
        agent->handles<PingEvent>([](const PingEvent& event, bus::Context&) {
            if (event.name == "bad") {
                throw std::runtime_error{"cannot"};
            }
        });
        bus->add(std::move(agent));
    }

    void publish(const std::string& name) {
        bus->publish(ping(name, ++number));
        runtime->run_for(2s);
    }

    /// Dated in the future.
    void publish_misdated() {
        PingEvent event = ping("good", ++number);
        event.occurred_at = runtime->now() + 365 * 100 * day;
        bus->publish(event);
        runtime->run_for(2s);
    }

    std::vector<bus::RequestRecord> requests() { return store->requests(0, 1'000, false); }

    std::optional<bus::Observers> observers;
    std::vector<std::string> troubles;
    std::int64_t number = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(retention, RetentionWorld)

BOOST_AUTO_TEST_CASE(S26_a_bus_prunes_events_older_than_its_retention) {
    publish("good");
    publish("good");
    runtime->run_for(6 * day);
    BOOST_TEST(store->first_position() == 1U);
    publish("good");
    runtime->run_for(2 * day);
    BOOST_TEST(store->first_position() == 3U);
    BOOST_TEST(store->last_position() == 3U);
    const auto all = requests();
    BOOST_REQUIRE_EQUAL(all.size(), 1U);
    BOOST_TEST((all[0].at > runtime->now() - 2 * day && all[0].at < runtime->now()),
               bus::to_text(all[0].at));
    BOOST_TEST(all[0].who == "retention");
    BOOST_TEST(all[0].why == "older than 7 days");
    BOOST_TEST((all[0].action == bus::DeliveryAction::prune));
    BOOST_TEST(all[0].result == "2 events removed");
    BOOST_TEST(troubles.empty());
    BOOST_TEST(store->conservation().front().holds());
}

BOOST_AUTO_TEST_CASE(S26_a_bus_that_has_nothing_to_prune_leaves_no_trace) {
    runtime->run_for(30 * day);
    BOOST_TEST(requests().empty());
    publish("good");
    runtime->run_for(30 * day);
    BOOST_TEST(requests().size() == 1U);
    BOOST_TEST(troubles.empty());
}

BOOST_AUTO_TEST_CASE(S26_an_agent_that_still_needs_old_events_is_reported_once) {
    publish("good"); // 1
    publish("bad");
    publish("good");
    runtime->run_for(30 * day);
    BOOST_TEST(store->first_position() == 2U); // as far as possible
    BOOST_TEST(requests().size() == 1U);
    BOOST_REQUIRE_EQUAL(troubles.size(), 1U);
    BOOST_TEST(troubles[0].find("agent 'worker' is not done with event 2, which is dead") !=
                   std::string::npos,
               troubles[0]);
    bus->request({.who = "ann",
                  .why = "not wanted",
                  .action = bus::DeliveryAction::discard,
                  .agent = "worker",
                  .position = 2});
    runtime->run_for(day);
    BOOST_TEST(store->first_position() == 4U);
    BOOST_TEST(troubles.size() == 1U);
    publish("bad");
    runtime->run_for(30 * day);
    BOOST_TEST(troubles.size() == 2U);
}

BOOST_AUTO_TEST_CASE(S26_an_agent_that_is_gone_is_reported_and_what_it_needs_is_kept) {
    publish("good");
    bus::Part gone;
    gone.agent = "gone";
    gone.start = 0;
    BOOST_REQUIRE(!store->commit({&gone, 1}, true).at(0).error);
    runtime->run_for(30 * day);
    BOOST_TEST(store->first_position() == 1U);
    BOOST_TEST(requests().empty());
    BOOST_REQUIRE_EQUAL(troubles.size(), 1U);
    BOOST_TEST(troubles[0].find("'gone'") != std::string::npos, troubles[0]);
    BOOST_TEST(bus->forget("gone"));
    runtime->run_for(2h);
    BOOST_TEST(store->first_position() == 2U);
}

BOOST_AUTO_TEST_CASE(S26_an_event_dated_in_the_future_is_pruned_with_those_around_it) {
    publish("good");
    publish_misdated();
    publish("good");
    runtime->run_for(8 * day);
    publish("good");
    BOOST_TEST(store->first_position() == 4U);
    BOOST_TEST(requests().back().result == "3 events removed");
}

BOOST_AUTO_TEST_CASE(S26_a_program_that_is_restarted_often_prunes_too) {
    publish("good");
    runtime->run_for(6 * day);
    begin(); // a program that runs a day only prunes too
    runtime->run_for(2 * day);
    BOOST_TEST(store->first_position() == 2U);
}

BOOST_AUTO_TEST_CASE(S26_without_a_retention_nothing_is_pruned) {
    observers.reset();
    bus.reset();
    bus.emplace(bus::BusOptions{.runtime = runtime, .store = store});
    bus->publish(ping("good"));
    runtime->run_for(1'000 * day);
    BOOST_TEST(store->first_position() == 1U);
    BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
