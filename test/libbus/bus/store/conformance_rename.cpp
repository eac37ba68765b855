// An agent's rows under another name, on every store.
#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

const bus::Timestamp noon = bus::parse_timestamp("2026-03-02T12:00:00Z");

bus::RequestRecord trace(const std::string& from, const std::string& to) {
    return {.at = noon,
            .who = "ann",
            .why = "renamed",
            .action = bus::DeliveryAction::rename,
            .agent = from,
            .done_at = noon,
            .result = "renamed to " + to};
}

/// Everything of one agent: its checkpoint, what waits, its state, and timers of it and of others.
bus::Part all_of(const std::string& agent) {
    bus::Part part = agent_part(agent, 1);
    part.settled = {{2, 3}, {5, 5}};
    part.delivered = 4;
    part.finished = 1;
    part.begun = bus::BegunNote{{6, 7}, {3}, 2};
    part.put_deliveries = {
        {.agent = agent, .position = 2, .state = bus::DeliveryState::dead, .sequence = "s"},
        {.agent = agent,
         .position = 3,
         .due = noon,
         .attempts = {{noon, bus::FailureKind::transient, "no"}}},
        {.agent = agent, .position = 5, .state = bus::DeliveryState::parked, .sequence = "s"}};
    part.put_states = {{"a", "1"}, {"b", R"({"text":"Straße"})"}};
    part.put_timers = {
        {.number = 1, .agent = agent, .due = noon, .event = event(91).record},
        {.number = 2,
         .agent = agent,
         .due = noon,
         .scheduled_at = noon - std::chrono::hours{1},
         .event = event(92).record},
        {.number = 3, .agent = "", .due = noon, .event = event(93).record},
    };
    return part;
}

/// The rows of an agent in a store, without its name.
struct Kept {
    bus::AgentRecord record;
    std::optional<bus::BegunNote> begun;
    std::vector<bus::DeliveryRecord> deliveries{};
    std::vector<bus::StateRecord> states;
    std::vector<bus::TimerRecord> timers{};
    bool operator==(const Kept&) const = default;
};

Kept kept_by(bus::EventStore& store, const std::string& agent) {
    Kept kept{.record = store.agent(agent).value_or(bus::AgentRecord{}),
              .begun = store.begun(agent),
              .states = store.states(agent, "")};
    kept.record.name.clear();
    for (const bus::DeliveryBrief& brief : store.delivery_briefs(agent)) {
        kept.deliveries.push_back(*store.delivery(agent, brief.position));
        kept.deliveries.back().agent.clear();
    }
    for (bus::TimerRecord& timer : store.timers(bus::Timestamp::min(), 0, 100)) {
        if (timer.agent == agent) {
            timer.agent.clear();
            kept.timers.push_back(std::move(timer));
        }
    }
    return kept;
}

template <class Backend>
void fill(Backend& backend) {
    for (std::uint64_t number = 1; number <= 7; ++number) {
        append(backend.store(), event(number));
    }
    BOOST_TEST_REQUIRE(!commit(backend.store(), all_of("worker")).error);
    bus::Part other = agent_part("other", 3);
    other.put_states = {{"a", "2"}};
    BOOST_TEST_REQUIRE(!commit(backend.store(), other).error);
}

} // namespace

BOOST_AUTO_TEST_SUITE(renaming)

BOOST_AUTO_TEST_CASE_TEMPLATE(R15_an_agent_has_everything_it_had_under_its_new_name, Backend,
                              Backends) {
    Backend backend;
    fill(backend);
    const Kept before = kept_by(backend.store(), "worker");
    BOOST_TEST(before.deliveries.size() == 3U);
    BOOST_TEST(before.timers.size() == 2U);
    const Kept other = kept_by(backend.store(), "other");
    BOOST_TEST(backend.store().rename_agent("worker", "biller", trace("worker", "biller")));
    for (int i = 0; i < 2; ++i) {
        bus::EventStore& store = backend.store();
        BOOST_TEST((kept_by(store, "biller") == before));
        BOOST_TEST((kept_by(store, "worker") == Kept{}));
        BOOST_TEST((kept_by(store, "other") == other));
        BOOST_TEST(store.agents().size() == 2U);
        BOOST_TEST(store.timers(bus::Timestamp::min(), 0, 10).size() == 3U);
        const auto traces = store.requests(0, 10, false);
        BOOST_TEST_REQUIRE(traces.size() == 1U);
        BOOST_TEST(traces[0].result == "renamed to biller");
        BOOST_TEST((traces[0].action == bus::DeliveryAction::rename));
        reopen(backend);
    }
    BOOST_TEST(backend.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    R15_it_continues_under_the_new_name_and_one_of_the_old_name_begins_again, Backend, Backends) {
    Backend backend;
    fill(backend);
    backend.store().rename_agent("worker", "biller", trace("worker", "biller"));
    bus::Part on = agent_part("biller");
    on.settled = {{4, 4}};
    on.delivered = 1;
    on.finished = 2;
    on.erase_deliveries = {3};
    on.put_states = {{"a", "7"}, {"c", "8"}};
    on.erase_states = {"b"};
    on.fires = 1;
    BOOST_TEST(!commit(backend.store(), on).error);
    BOOST_TEST(!commit(backend.store(), agent_part("worker", 6)).error);
    reopen(backend);
    BOOST_TEST(backend.store().agent("biller")->checkpoint == 5U);
    BOOST_TEST(backend.store().agent("worker")->checkpoint == 6U);
    BOOST_TEST(backend.store().states("biller", "").size() == 2U);
    BOOST_TEST(backend.store().state("biller", "a")->json == "7");
    BOOST_TEST(backend.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R15_a_name_that_is_taken_is_refused_and_nothing_changes, Backend,
                              Backends) {
    Backend backend;
    fill(backend);
    const Kept before = kept_by(backend.store(), "worker");
    BOOST_CHECK_EXCEPTION(backend.store().rename_agent("worker", "other", trace("worker", "other")),
                          bus::StoreError, [](const std::exception& error) {
                              const std::string said = error.what();
                              return said.find("cannot rename agent worker to other in ") == 0 &&
                                     said.find("`bus agents forget`") != std::string::npos;
                          });
    BOOST_TEST(!backend.store().rename_agent("nobody", "new", trace("nobody", "new")));
    reopen(backend);
    BOOST_TEST((kept_by(backend.store(), "worker") == before));
    BOOST_TEST(backend.store().requests(0, 10, false).empty());
    BOOST_TEST(backend.store().rename_agent("worker", "new", trace("worker", "new")));
    BOOST_TEST(backend.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R15_an_agent_may_have_the_name_of_an_event_type_or_an_aggregate,
                              Backend, Backends) {
    Backend backend;
    for (std::uint64_t number = 1; number <= 7; ++number) {
        append(backend.store(), event(number));
    }
    const bus::EventRecord stored = backend.store().read(0, 1).at(0).record;
    BOOST_TEST_REQUIRE(!commit(backend.store(), all_of(stored.event_type)).error);
    const Kept before = kept_by(backend.store(), stored.event_type);
    BOOST_TEST(backend.store().rename_agent(stored.event_type, stored.aggregate_type,
                                            trace(stored.event_type, stored.aggregate_type)));
    reopen(backend);
    BOOST_TEST((kept_by(backend.store(), stored.aggregate_type) == before));
    BOOST_TEST((backend.store().read(0, 1).at(0).record == stored));
    BOOST_TEST(backend.damage() == "");
}

BOOST_AUTO_TEST_SUITE_END()
