#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

const bus::Timestamp noon = bus::parse_timestamp("2026-01-02T12:00:00.000001Z");

bus::DeliveryRecord delivery(bus::Position position, bus::DeliveryState state) {
    return {.agent = "worker",
            .position = position,
            .state = state,
            .due = noon,
            .failures = 2,
            .redrives = 1,
            .sequence = "Order/A-1",
            .quarantined = state == bus::DeliveryState::dead,
            .attempts = {{noon, bus::FailureKind::transient, "the ERP said \"no\"\n\x01"},
                         {noon, bus::FailureKind::throttled, "尺寸"}}};
}

std::vector<std::string> keys(const std::vector<bus::StateRecord>& states) {
    std::vector<std::string> result;
    for (const bus::StateRecord& state : states) {
        result.push_back(state.key);
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(agents_in_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_agent_that_never_wrote_has_no_record, Backend, Backends) {
    Backend backend;
    BOOST_TEST(!backend.store().agent("worker").has_value());
    BOOST_TEST(backend.store().agents().empty());
    BOOST_TEST(backend.store().deliveries("worker", bus::DeliveryState::dead).empty());
    BOOST_TEST(!backend.store().delivery("worker", 1).has_value());
    BOOST_TEST(!backend.store().state("worker", "key").has_value());
    BOOST_TEST(backend.store().states("worker", "").empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_agent_is_registered_once, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 7));
    bus::Part again = agent_part("worker", 99);
    again.settled = {{8, 9}};
    again.delivered = 2;
    again.finished = 2;
    commit(backend.store(), again);
    reopen(backend);
    const bus::AgentRecord expected{
        .name = "worker", .start = 7, .checkpoint = 9, .delivered = 2, .finished = 2};
    BOOST_TEST((backend.store().agent("worker") == expected));
    BOOST_TEST(backend.store().agents().size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(agents_are_listed_by_name, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("b", 0));
    bus::Part ahead = agent_part("a", 3);
    ahead.settled = {{6, 6}, {9, 12}};
    commit(backend.store(), ahead);
    bus::Part stateful = agent_part("no record");
    stateful.put_states = {{"key", "1"}};
    commit(backend.store(), stateful);
    const auto agents = backend.store().agents();
    BOOST_REQUIRE(agents.size() == 2U);
    BOOST_TEST(
        (agents[0] ==
         bus::AgentRecord{.name = "a", .start = 3, .checkpoint = 3, .ahead = {{6, 6}, {9, 12}}}));
    BOOST_TEST((agents[1] == bus::AgentRecord{.name = "b"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_can_be_settled_or_counted_for_an_unregistered_agent, Backend,
                              Backends) {
    Backend backend;
    std::vector<bus::Part> moves(4, agent_part("worker"));
    moves[0].settled = {{1, 5}};
    moves[1].delivered = 1;
    moves[2].finished = 1;
    moves[3].begun = bus::BegunNote{};
    for (bus::Part& moved : moves) {
        moved.events = {event(1)};
        const bus::PartResult result = commit(backend.store(), moved);
        BOOST_TEST(contains(message_of<std::invalid_argument>(result.error), "'worker'"));
    }
    bus::Part nameless;
    nameless.put_states = {{"key", "1"}};
    BOOST_TEST(contains(message_of<std::invalid_argument>(commit(backend.store(), nameless).error),
                        "Part::agent"));
    bus::Part backwards = agent_part("worker", 0);
    backwards.settled = {{5, 4}};
    BOOST_TEST(contains(message_of<std::invalid_argument>(commit(backend.store(), backwards).error),
                        "from 5 to 4"));
    BOOST_TEST(backend.store().last_position() == 0U);
    BOOST_TEST(backend.store().agents().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(deliveries_are_kept_changed_and_erased, Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    bus::Part puts = agent_part("worker", 0);
    puts.put_deliveries = {delivery(9, DeliveryState::dead), delivery(2, DeliveryState::deferred),
                           delivery(4, DeliveryState::dead)};
    commit(backend.store(), puts);
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST((store.deliveries("worker", DeliveryState::dead) ==
                std::vector{delivery(4, DeliveryState::dead), delivery(9, DeliveryState::dead)}));
    BOOST_TEST((store.delivery("worker", 2) == delivery(2, DeliveryState::deferred)));
    BOOST_TEST(!store.delivery("other", 2).has_value());

    bus::Part changes = agent_part("worker");
    bus::DeliveryRecord changed = delivery(2, DeliveryState::dead);
    changed.agent.clear(); // the part's own
    changed.attempts.clear();
    changes.put_deliveries = {changed};
    changes.erase_deliveries = {4, 1'000};
    commit(store, changes);
    changed.agent = "worker";
    BOOST_TEST((store.deliveries("worker", DeliveryState::dead) ==
                std::vector{changed, delivery(9, DeliveryState::dead)}));
    BOOST_TEST(store.deliveries("worker", DeliveryState::deferred).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(deliveries_are_read_in_pages_and_in_brief, Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    bus::Part puts = agent_part("worker", 0);
    for (bus::Position position = 1; position <= 9; ++position) {
        puts.put_deliveries.push_back(delivery(position, static_cast<DeliveryState>(position % 3)));
    }
    puts.put_deliveries[4].attempts.push_back({noon, bus::FailureKind::not_ready, "later"});
    puts.put_deliveries[5].attempts.clear();
    commit(backend.store(), puts);
    reopen(backend);
    bus::EventStore& store = backend.store();
    const auto places = [](const std::vector<bus::DeliveryRecord>& found) {
        std::vector<bus::Position> result;
        for (const bus::DeliveryRecord& one : found) {
            result.push_back(one.position);
        }
        return result;
    };
    using Places = std::vector<bus::Position>;
    BOOST_TEST(places(store.deliveries("worker", DeliveryState::parked)) == (Places{2, 5, 8}));
    BOOST_TEST(places(store.deliveries("worker", DeliveryState::parked, 2, 1)) == (Places{5}));
    BOOST_TEST(places(store.deliveries("worker", DeliveryState::parked, 8, 10)) == Places{});
    BOOST_TEST(places(store.deliveries("worker", DeliveryState::dead, 0, 2)) == (Places{1, 4}));

    const std::vector<bus::DeliveryBrief> briefs = store.delivery_briefs("worker");
    BOOST_TEST_REQUIRE(briefs.size() == 9U);
    for (std::size_t i = 0; i < briefs.size(); ++i) {
        BOOST_TEST(briefs[i].position == i + 1);
        BOOST_TEST((briefs[i].state == static_cast<DeliveryState>((i + 1) % 3)));
        BOOST_TEST((briefs[i].due == noon));
        BOOST_TEST(briefs[i].sequence == "Order/A-1");
        BOOST_TEST(briefs[i].not_ready == (i == 4));
    }
    BOOST_TEST(store.delivery_briefs("other").empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_message_that_is_not_text_is_kept_readable, Backend, Backends) {
    Backend backend;
    bus::Part puts = agent_part("worker", 0);
    bus::DeliveryRecord broken = delivery(1, bus::DeliveryState::dead);
    broken.attempts = {{noon, bus::FailureKind::poison, "bad \xff\xc3 byte"}};
    puts.put_deliveries = {broken};
    BOOST_TEST(!commit(backend.store(), puts).error);
    BOOST_TEST(backend.store().delivery("worker", 1)->attempts.at(0).message ==
               "bad \xef\xbf\xbd\xef\xbf\xbd byte");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(state_is_kept_by_agent_and_key_and_read_by_prefix, Backend,
                              Backends) {
    Backend backend;
    bus::Part puts = agent_part("worker", 0);
    puts.put_states = {{"order/2", "2"},
                       {"order/1", "1"},
                       {"order", "0"},
                       {"orders", "3"},
                       {"order/\xf4\x8f\xbf\xbf", "4"},
                       {"", "{}"}};
    commit(backend.store(), puts);
    bus::Part other = agent_part("other", 0);
    other.put_states = {{"order/1", "other"}};
    commit(backend.store(), other);
    bus::Part changes = agent_part("worker");
    changes.put_states = {{"order/2", "22"}};
    changes.erase_states = {"orders", "no such"};
    commit(backend.store(), changes);
    reopen(backend);
    bus::EventStore& store = backend.store();
    const auto same = [&store](std::string_view prefix, const std::vector<std::string>& expected) {
        BOOST_TEST(keys(store.states("worker", prefix)) == expected,
                   boost::test_tools::per_element());
    };
    same("order/", {"order/1", "order/2", "order/\xf4\x8f\xbf\xbf"});
    same("order/\xf4", {"order/\xf4\x8f\xbf\xbf"});
    same("", {"", "order", "order/1", "order/2", "order/\xf4\x8f\xbf\xbf"});
    same("z", {});
    BOOST_TEST((store.state("worker", "order/2") == bus::StateRecord{"order/2", "22"}));
    BOOST_TEST((store.state("worker", "") == bus::StateRecord{"", "{}"}));
    BOOST_TEST((store.state("other", "order/1") == bus::StateRecord{"order/1", "other"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(states_are_read_in_pages, Backend, Backends) {
    Backend backend;
    bus::Part puts = agent_part("worker", 0);
    puts.put_states = {
        {"a", "0"}, {"k/1", "1"}, {"k/2", "2"}, {"k/2\xf4\x8f\xbf\xbf", "3"}, {"l", "4"}};
    commit(backend.store(), puts);
    const auto page = [&](std::string_view prefix, std::string_view after, std::size_t limit) {
        return keys(backend.store().states("worker", prefix, after, limit));
    };
    using Keys = std::vector<std::string>;
    BOOST_TEST(page("k/", "", 2) == (Keys{"k/1", "k/2"}));
    BOOST_TEST(page("k/", "k/2", 2) == (Keys{"k/2\xf4\x8f\xbf\xbf"}));
    BOOST_TEST(page("k/", "k/2\xf4\x8f\xbf\xbf", 2) == Keys{});
    BOOST_TEST(page("k/", "a", 1) == (Keys{"k/1"}));
    BOOST_TEST(page("", "k/1", 10) == (Keys{"k/2", "k/2\xf4\x8f\xbf\xbf", "l"}));
    BOOST_TEST(page("", "l", 10) == Keys{});
    BOOST_TEST(page("", "", 0) == Keys{});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S7_a_step_commits_everything_together_or_nothing, Backend, Backends) {
    Backend backend;
    bus::Part step = agent_part("worker", 0);
    step.events = {event(1), event(2, "B")};
    step.settled = {{1, 1}};
    step.delivered = 2;
    step.finished = 1;
    step.put_states = {{"seen", "1"}};
    step.put_deliveries = {delivery(1, bus::DeliveryState::deferred)};
    step.put_timers = {{.number = 1, .agent = "worker", .due = noon, .event = event(8).record}};
    step.begun = bus::BegunNote{{2, 3}, {1}, 0};
    bus::Part conflicting = agent_part("worker");
    conflicting.events = {event(3)};
    conflicting.events[0].expected_version = 0;
    conflicting.settled = {{2, 2}};
    conflicting.delivered = 1;
    conflicting.finished = 1;
    conflicting.put_states = {{"seen", "2"}};
    conflicting.erase_deliveries = {1};
    conflicting.put_timers = {{.number = 9, .agent = "", .due = noon, .event = event(9).record}};
    conflicting.erase_timers = {1};
    conflicting.begun = bus::BegunNote{};
    conflicting.commands = {{bus::DeliveryAction::discard, "worker", 1, "ann", "no use"}};
    const auto results = backend.store().commit(std::vector{step, conflicting}, true);
    BOOST_TEST(!results.at(0).error);
    BOOST_TEST(!!results.at(1).error);
    BOOST_TEST(results.at(1).changed.empty());
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.last_position() == 2U);
    BOOST_TEST(
        (store.agent("worker") ==
         bus::AgentRecord{.name = "worker", .checkpoint = 1, .delivered = 2, .finished = 1}));
    BOOST_TEST((store.state("worker", "seen") == bus::StateRecord{"seen", "1"}));
    BOOST_TEST(store.delivery("worker", 1).has_value());
    BOOST_TEST((store.begun("worker") == step.begun));
    BOOST_TEST((store.timers(bus::Timestamp::min(), 0, 10) == step.put_timers));
    BOOST_TEST(store.last_timer() == 1U);
    BOOST_TEST(store.requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_SUITE_END()
