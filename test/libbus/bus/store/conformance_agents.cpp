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
    again.checkpoint = 9;
    again.finished = 2;
    commit(backend.store(), again);
    backend.reopen();
    const bus::AgentRecord expected{"worker", 7, 9, 2};
    BOOST_TEST((backend.store().agent("worker") == expected));
    BOOST_TEST(backend.store().agents().size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(agents_are_listed_by_name, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("b", 0));
    commit(backend.store(), agent_part("a", 3));
    bus::Part stateful = agent_part("no record");
    stateful.put_states = {{"key", "1"}};
    commit(backend.store(), stateful);
    const auto agents = backend.store().agents();
    BOOST_REQUIRE(agents.size() == 2U);
    BOOST_TEST((agents[0] == bus::AgentRecord{"a", 3, 3, 0}));
    BOOST_TEST((agents[1] == bus::AgentRecord{"b", 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_checkpoint_never_moves_back_and_finished_adds_up, Backend,
                              Backends) {
    Backend backend;
    bus::Part first = agent_part("worker", 0);
    first.checkpoint = 5;
    first.finished = 5;
    bus::Part second = agent_part("worker");
    second.checkpoint = 3;
    second.finished = 1;
    backend.store().commit(std::vector<bus::Part>{first, second}, true);
    backend.reopen();
    BOOST_TEST((backend.store().agent("worker") == bus::AgentRecord{"worker", 0, 5, 6}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_a_refused_part_no_later_one_of_the_agent_moves_its_checkpoint,
                              Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    commit(backend.store(), part({event(1)}));
    std::vector<bus::Part> steps;
    for (bus::Position position = 1; position <= 3; ++position) {
        bus::Part step = agent_part("worker");
        step.expected_checkpoint = position - 1;
        step.checkpoint = position;
        step.finished = 1;
        step.events = {event(10 + position)};
        steps.push_back(step);
    }
    steps[1].events[0].expected_version = 77; // no stream is that far
    const std::vector<bus::PartResult> results = backend.store().commit(steps, true);
    backend.reopen();
    BOOST_TEST(!results[0].error);
    BOOST_CHECK_THROW(std::rethrow_exception(results[1].error), bus::VersionConflict);
    BOOST_CHECK_THROW(std::rethrow_exception(results[2].error), bus::StaleCheckpoint);
    BOOST_TEST((backend.store().agent("worker") == bus::AgentRecord{"worker", 0, 1, 1}));
    BOOST_TEST(backend.store().last_position() == 2U);
    // In a later commit it is the same.
    BOOST_CHECK_THROW(std::rethrow_exception(commit(backend.store(), steps[2]).error),
                      bus::StaleCheckpoint);
    BOOST_TEST(backend.store().last_position() == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_checkpoint_of_an_unregistered_agent_is_an_error, Backend,
                              Backends) {
    Backend backend;
    bus::Part moved = agent_part("worker");
    moved.checkpoint = 5;
    moved.events = {event(1)};
    const bus::PartResult result = commit(backend.store(), moved);
    BOOST_TEST(contains(message_of<std::invalid_argument>(result.error), "'worker'"));
    bus::Part nameless;
    nameless.put_states = {{"key", "1"}};
    BOOST_TEST(contains(message_of<std::invalid_argument>(commit(backend.store(), nameless).error),
                        "Part::agent"));
    BOOST_TEST(backend.store().last_position() == 0U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(deliveries_are_kept_changed_and_erased, Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    bus::Part puts = agent_part("worker", 0);
    puts.put_deliveries = {delivery(9, DeliveryState::dead), delivery(2, DeliveryState::deferred),
                           delivery(4, DeliveryState::dead)};
    commit(backend.store(), puts);
    backend.reopen();
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

BOOST_AUTO_TEST_CASE_TEMPLATE(a_message_that_is_no_text_is_kept_readable, Backend, Backends) {
    Backend backend;
    bus::Part puts = agent_part("worker", 0);
    bus::DeliveryRecord broken = delivery(1, bus::DeliveryState::dead);
    broken.attempts = {{noon, bus::FailureKind::poison, "bad \xff\xc3 byte"}};
    puts.put_deliveries = {broken};
    BOOST_TEST(!commit(backend.store(), puts).error);
    BOOST_TEST(backend.store().delivery("worker", 1)->attempts.at(0).message ==
               "bad \xef\xbf\xbd\xef\xbf\xbd byte");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_redrive_makes_a_dead_delivery_due_at_once, Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    bus::Part puts = agent_part("worker", 0);
    puts.put_deliveries = {delivery(1, DeliveryState::dead), delivery(2, DeliveryState::deferred)};
    commit(backend.store(), puts);

    bus::Part request; // from outside: it belongs to no agent
    request.redrives = {{"worker", 1}, {"worker", 2}, {"worker", 3}, {"nobody", 1}, {"worker", 1}};
    const bus::PartResult result = commit(backend.store(), request);
    BOOST_TEST(!result.error);
    bus::DeliveryRecord expected = delivery(1, DeliveryState::deferred);
    expected.due = bus::Timestamp{};
    expected.failures = 0;
    expected.redrives = 2;
    BOOST_TEST((result.redriven == std::vector{expected}));
    backend.reopen();
    BOOST_TEST((backend.store().delivery("worker", 1) == expected));
    BOOST_TEST((backend.store().delivery("worker", 2) == delivery(2, DeliveryState::deferred)));
    BOOST_TEST(commit(backend.store(), request).redriven.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(state_is_kept_by_agent_and_key_and_read_by_prefix, Backend,
                              Backends) {
    Backend backend;
    bus::Part puts = agent_part("worker", 0);
    puts.put_states = {{"order/2", "2"}, {"order/1", "1"},        {"order", "0"},
                       {"orders", "3"},  {"order/\xff\xff", "4"}, {"", "{}"}};
    commit(backend.store(), puts);
    bus::Part other = agent_part("other", 0);
    other.put_states = {{"order/1", "other"}};
    commit(backend.store(), other);
    bus::Part changes = agent_part("worker");
    changes.put_states = {{"order/2", "22"}};
    changes.erase_states = {"orders", "no such"};
    commit(backend.store(), changes);
    backend.reopen();
    bus::EventStore& store = backend.store();
    const auto same = [&store](std::string_view prefix, const std::vector<std::string>& expected) {
        BOOST_TEST(keys(store.states("worker", prefix)) == expected,
                   boost::test_tools::per_element());
    };
    same("order/", {"order/1", "order/2", "order/\xff\xff"});
    same("order/\xff", {"order/\xff\xff"});
    same("", {"", "order", "order/1", "order/2", "order/\xff\xff"});
    same("z", {});
    BOOST_TEST((store.state("worker", "order/2") == bus::StateRecord{"order/2", "22"}));
    BOOST_TEST((store.state("worker", "") == bus::StateRecord{"", "{}"}));
    BOOST_TEST((store.state("other", "order/1") == bus::StateRecord{"order/1", "other"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_step_commits_events_state_deliveries_and_checkpoint_together,
                              Backend, Backends) {
    Backend backend;
    bus::Part step = agent_part("worker", 0);
    step.events = {event(1), event(2, "B")};
    step.checkpoint = 1;
    step.finished = 1;
    step.put_states = {{"seen", "1"}};
    step.put_deliveries = {delivery(1, bus::DeliveryState::deferred)};
    bus::Part conflicting = agent_part("worker");
    conflicting.events = {event(3)};
    conflicting.events[0].expected_version = 0;
    conflicting.checkpoint = 2;
    conflicting.finished = 1;
    conflicting.put_states = {{"seen", "2"}};
    conflicting.erase_deliveries = {1};
    const auto results = backend.store().commit(std::vector{step, conflicting}, true);
    BOOST_TEST(!!results.at(1).error);
    backend.reopen();
    BOOST_TEST(backend.store().last_position() == 2U);
    BOOST_TEST((backend.store().agent("worker") == bus::AgentRecord{"worker", 0, 1, 1}));
    BOOST_TEST((backend.store().state("worker", "seen") == bus::StateRecord{"seen", "1"}));
    BOOST_TEST(backend.store().delivery("worker", 1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
