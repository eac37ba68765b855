// Requests of operators, and the trace of what was done.
#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace test;
using bus::DeliveryAction;
using bus::DeliveryState;

namespace {

const bus::Timestamp noon = bus::parse_timestamp("2026-01-02T12:00:00.000001Z");

bus::DeliveryRecord delivery(bus::Position position, DeliveryState state) {
    return {.agent = "worker",
            .position = position,
            .state = state,
            .due = noon,
            .failures = 2,
            .redrives = 1,
            .sequence = "A",
            .quarantined = state == DeliveryState::dead,
            .attempts = {{noon, bus::FailureKind::rejected, "no"}}};
}

/// A worker with a dead delivery at 1, a deferred one at 2, a parked one at 3.
void prepare(bus::EventStore& store) {
    bus::Part puts = agent_part("worker", 0);
    puts.settled = {{1, 3}};
    puts.delivered = 3;
    puts.put_deliveries = {delivery(1, DeliveryState::dead), delivery(2, DeliveryState::deferred),
                           delivery(3, DeliveryState::parked)};
    commit(store, puts);
}

/// From outside: it belongs to no agent.
bus::Part commanding(DeliveryAction action, const std::vector<bus::Position>& positions,
                     const std::string& agent = "worker") {
    bus::Part part;
    part.commanded_at = noon;
    for (const bus::Position position : positions) {
        part.commands.push_back({action, agent, position, "ann", "the ERP is back"});
    }
    return part;
}

bus::RequestRecord request(bus::Position position, const std::string& agent = "worker") {
    bus::RequestRecord request;
    request.at = noon;
    request.who = "ann";
    request.why = "the ERP \"is\" back\n";
    request.agent = agent;
    request.position = position;
    return request;
}

std::vector<std::uint64_t> numbers(const std::vector<bus::RequestRecord>& requests) {
    std::vector<std::uint64_t> result;
    for (const bus::RequestRecord& one : requests) {
        result.push_back(one.number);
    }
    return result;
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(commands_to_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_a_redrive_makes_a_dead_delivery_due_at_once_and_only_once, Backend,
                              Backends) {
    Backend backend;
    prepare(backend.store());
    const bus::Part part = commanding(DeliveryAction::redrive, {1, 2, 3, 4, 1});
    const bus::PartResult result = commit(backend.store(), part);
    BOOST_TEST(!result.error);
    bus::DeliveryRecord expected = delivery(1, DeliveryState::deferred);
    expected.due = bus::Timestamp{};
    expected.failures = 0;
    expected.redrives = 2;
    expected.quarantined = false;
    BOOST_TEST_REQUIRE(result.changed.size() == 1U);
    BOOST_TEST((result.changed[0].action == DeliveryAction::redrive));
    BOOST_TEST((result.changed[0].delivery == expected));
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST((store.delivery("worker", 1) == expected));
    BOOST_TEST((store.delivery("worker", 2) == delivery(2, DeliveryState::deferred)));
    BOOST_TEST((store.delivery("worker", 3) == delivery(3, DeliveryState::parked)));
    BOOST_TEST(commit(store, part).changed.empty());
    BOOST_TEST((store.delivery("worker", 1) == expected));
    BOOST_TEST(commit(store, commanding(DeliveryAction::redrive, {1}, "no")).changed.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_a_discard_ends_a_delivery_that_waits_and_counts_it_once, Backend,
                              Backends) {
    Backend backend;
    prepare(backend.store());
    bus::Part part = commanding(DeliveryAction::discard, {1, 2, 3, 4, 1});
    part.agent = "other"; // a part of one agent may command another
    part.start = 0;
    const bus::PartResult result = commit(backend.store(), part);
    BOOST_TEST_REQUIRE(result.changed.size() == 3U);
    BOOST_TEST((result.changed[0].action == DeliveryAction::discard));
    BOOST_TEST((result.changed[0].delivery == delivery(1, DeliveryState::dead)));
    BOOST_TEST(commit(backend.store(), part).changed.empty());
    reopen(backend);
    BOOST_TEST(backend.store().delivery_briefs("worker").empty());
    BOOST_TEST(backend.store().agent("worker")->discarded == 3U);
    BOOST_TEST(backend.store().agent("other")->discarded == 0U);
    BOOST_TEST(backend.store().conservation().at(1).holds());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_each_command_leaves_a_trace_with_who_and_why, Backend, Backends) {
    Backend backend;
    prepare(backend.store());
    commit(backend.store(), commanding(DeliveryAction::redrive, {1, 1, 7}));
    commit(backend.store(), commanding(DeliveryAction::discard, {3}));
    reopen(backend);
    const auto traces = backend.store().requests(0, 10, false);
    BOOST_TEST(numbers(traces) == (Numbers{1, 2, 3, 4}));
    for (const bus::RequestRecord& trace : traces) {
        BOOST_TEST(trace.who == "ann");
        BOOST_TEST(trace.why == "the ERP is back");
        BOOST_TEST(trace.agent == "worker");
        BOOST_TEST((trace.at == noon));
        BOOST_TEST((trace.done_at == noon));
    }
    BOOST_TEST(traces[0].result == "redriven");
    BOOST_TEST(contains(traces[1].result, "it is deferred"));
    BOOST_TEST(contains(traces[2].result, "no such delivery"));
    BOOST_TEST(traces[2].position == 7U);
    BOOST_TEST((traces[3].action == DeliveryAction::discard));
    BOOST_TEST(traces[3].result == "discarded");
    BOOST_TEST(backend.store().requests(0, 10, true).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_a_request_is_kept_until_it_is_answered_and_stays_as_its_trace,
                              Backend, Backends) {
    Backend backend;
    bus::EventStore& before = backend.store();
    bus::RequestRecord group = request(0);
    group.action = DeliveryAction::discard;
    group.kind = bus::FailureKind::poison;
    group.error = std::string("n\0 \xc3\xa9", 5);
    BOOST_TEST(before.ask(request(5, "never heard of")) == 1U);
    BOOST_TEST(before.ask(group) == 2U);
    BOOST_TEST(before.ask(request(7)) == 3U);
    reopen(backend);
    bus::EventStore& store = backend.store();
    group.number = 2;
    BOOST_TEST((store.requests(1, 1, true).at(0) == group));
    BOOST_TEST(numbers(store.requests(0, 10, true)) == (Numbers{1, 2, 3}));

    bus::Part answering;
    answering.answers = {{2, noon, "3 discarded"}, {9, noon, "none such"}, {0, noon, ""}};
    commit(store, answering);
    answering.answers = {{2, bus::Timestamp{}, "0 discarded"}};
    commit(store, answering);
    reopen(backend);
    group.done_at = noon;
    group.result = "3 discarded"; // the first answer is kept
    BOOST_TEST((backend.store().requests(1, 1, false).at(0) == group));
    BOOST_TEST(numbers(backend.store().requests(0, 10, true)) == (Numbers{1, 3}));
    BOOST_TEST(numbers(backend.store().requests(1, 10, true)) == (Numbers{3}));
    BOOST_TEST(numbers(backend.store().requests(0, 2, false)) == (Numbers{1, 2}));
    // Traces and requests share one sequence of numbers.
    commit(backend.store(), commanding(DeliveryAction::redrive, {7}));
    BOOST_TEST(numbers(backend.store().requests(3, 10, false)) == (Numbers{4}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_an_answer_is_stored_with_its_command_if_that_changes_something,
                              Backend, Backends) {
    Backend backend;
    prepare(backend.store());
    for (bus::Position position = 1; position <= 3; ++position) {
        backend.store().ask(request(position));
    }
    bus::Part part = commanding(DeliveryAction::redrive, {1, 2});
    part.commands[0].answer = {1, noon, "1 redriven"};
    part.commands[1].answer = {2, noon, "1 redriven"}; // it is deferred
    commit(backend.store(), part);
    bus::Part refused = commanding(DeliveryAction::discard, {3});
    refused.commands[0].answer = {3, noon, "1 discarded"};
    refused.fires = 77; // no such timer
    BOOST_TEST(bool{backend.store().commit({&refused, 1}, true).front().error});
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.requests(0, 1, false).at(0).result == "1 redriven");
    BOOST_TEST((store.requests(0, 1, false).at(0).done_at == noon));
    BOOST_TEST(numbers(store.requests(0, 10, true)) == (Numbers{2, 3}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R5_a_request_to_forget_an_agent_is_answered_together_with_it, Backend,
                              Backends) {
    Backend backend;
    prepare(backend.store());
    backend.store().ask(request(0));
    BOOST_TEST(backend.store().forget("worker", bus::RequestAnswer{1, noon, "forgotten"}));
    reopen(backend);
    BOOST_TEST(backend.store().requests(0, 1, false).at(0).result == "forgotten");
    BOOST_TEST(backend.store().requests(0, 1, true).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S13_requests_are_made_beside_the_writer, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    const std::unique_ptr<bus::EventStore> beside = backend.beside();
    BOOST_TEST((beside != nullptr) == store.abilities().other_processes);
    constexpr std::uint64_t each = 20;
    std::atomic<bool> done = false;
    std::thread asking{[&] {
        for (std::uint64_t i = 0; i < each; ++i) {
            store.ask(request(i, "agent " + std::to_string(i)));
            if (beside) {
                beside->ask(request(i, "other " + std::to_string(i)));
            }
        }
        done = true;
    }};
    std::uint64_t number = 0;
    while (!done) {
        // The names of streams are new each time: other writers must not take their numbers.
        bus::NewEvent next = event(++number);
        next.record.event_type = "Type" + std::to_string(number) + "Event";
        BOOST_TEST_REQUIRE(append(store, next).position == number);
    }
    asking.join();
    BOOST_TEST(store.requests(0, 1'000, true).size() == (beside ? 2 * each : each));
    for (std::uint64_t i = 1; i <= number; ++i) {
        BOOST_TEST(store.find(id(i))->record.event_type == "Type" + std::to_string(i) + "Event");
    }
}

BOOST_AUTO_TEST_SUITE_END()
