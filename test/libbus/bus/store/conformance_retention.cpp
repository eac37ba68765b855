// Removal from a store, and copies of it.
#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <limits>

using namespace test;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
using Positions = std::vector<bus::Position>;

/// Events 1 to `count`: the odd ones of stream A-1, the even ones of A-0, a second apart.
void fill(bus::EventStore& store, std::uint64_t count) {
    for (std::uint64_t i = 1; i <= count; ++i) {
        bus::NewEvent next = event(i, "A-" + std::to_string(i % 2));
        next.record.occurred_at = bus::Timestamp{std::chrono::seconds{i}};
        append(store, next);
    }
}

/// The message of the PruneRefused that prune() throws; empty if it throws nothing.
std::string refusal(bus::EventStore& store, bus::Position through) {
    try {
        store.prune(through, all);
    } catch (const bus::PruneRefused& refused) {
        return refused.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(retention_of_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(the_oldest_events_are_pruned_some_at_a_time, Backend, Backends) {
    Backend backend;
    BOOST_TEST(backend.store().first_position() == 1U);
    BOOST_TEST(backend.store().prune(100, all) == 0U);
    fill(backend.store(), 10);
    BOOST_TEST(backend.store().first_position() == 1U);
    BOOST_TEST(backend.store().prune(7, 0) == 0U);
    BOOST_TEST(backend.store().prune(7, 5) == 5U);
    BOOST_TEST(backend.store().prune(7, 5) == 2U);
    BOOST_TEST(backend.store().prune(7, 5) == 0U);
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.first_position() == 8U);
    BOOST_TEST(store.last_position() == 10U);
    BOOST_TEST(positions(store.read(0, all)) == (Positions{8, 9, 10}));
    BOOST_TEST(positions(store.read(8, 1)) == (Positions{9}));
    BOOST_TEST(positions(store.read_type("OrderCreatedEvent", 0, all)) == (Positions{8, 9, 10}));
    BOOST_TEST(positions(store.read_execution("exec-A-1", 0, all)) == (Positions{9}));
    BOOST_TEST(positions(store.read_stream("Order", "A-0", 0, all)) == (Positions{8, 10}));
    BOOST_TEST(positions(store.read_stream("Order", "A-0", 4, all)) == (Positions{10}));
    BOOST_TEST(store.read_stream("Order", "A-0", 0, all).at(0).stream_version == 4U);
    BOOST_TEST(!store.find(id(7)).has_value());
    BOOST_TEST(store.find(id(8)).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_positions_and_stream_versions_continue_after_pruning, Backend,
                              Backends) {
    Backend backend;
    fill(backend.store(), 5);
    BOOST_TEST(backend.store().prune(100, all) == 5U);
    BOOST_TEST(backend.store().first_position() == 6U);
    BOOST_TEST(backend.store().last_position() == 5U);
    for (std::uint64_t round = 0; round < 3; ++round) {
        reopen(backend);
        bus::EventStore& store = backend.store();
        bus::NewEvent next = event(100 + round, "A-1");
        next.expected_version = 3 + round;
        const auto place = append(store, next);
        BOOST_TEST(place.position == 6 + round);
        BOOST_TEST(place.stream_version == 4 + round);
        BOOST_TEST(store.prune(100, all) == 1U);
    }
    bus::NewEvent late = event(200, "A-0");
    late.expected_version = 0;
    BOOST_TEST(
        contains(message_of<bus::VersionConflict>(commit(backend.store(), part({late})).error),
                 "at version 2"));
    // A part that fails leaves the version of a stream whose events are gone.
    bus::NewEvent next = event(201, "A-0");
    bus::NewEvent conflicting = event(202, "B");
    conflicting.expected_version = 9;
    BOOST_TEST(!!commit(backend.store(), part({next, conflicting})).error);
    BOOST_TEST(append(backend.store(), next).stream_version == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pruning_is_refused_while_an_agent_is_behind, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    fill(store, 10);
    bus::Part slow = agent_part("slow", 0);
    slow.settled = {{1, 4}, {6, 10}};
    commit(store, slow);
    commit(store, agent_part("at the end", 10));
    const std::string refused = refusal(store, 5);
    BOOST_TEST(contains(refused, "'slow'"), refused);
    BOOST_TEST(contains(refused, "up to 4 only"), refused);
    BOOST_TEST(store.first_position() == 1U);
    BOOST_TEST(refusal(store, 1'000) != "");
    BOOST_TEST(store.prune(4, all) == 4U);
    // No agent needs what is removed already.
    commit(store, agent_part("new", 0));
    BOOST_TEST(refusal(store, 4) == "");
    BOOST_TEST(contains(refusal(store, 5), "'new'"));
    BOOST_TEST(store.forget("new"));
    BOOST_TEST(store.forget("slow"));
    BOOST_TEST(store.prune(1'000, all) == 6U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pruning_is_refused_while_a_delivery_is_unfinished, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    fill(store, 10);
    bus::Part puts = agent_part("worker", 0);
    puts.settled = {{1, 10}};
    puts.delivered = 10;
    puts.finished = 8;
    puts.put_deliveries = {{.position = 7, .state = bus::DeliveryState::parked},
                           {.position = 6, .state = bus::DeliveryState::dead}};
    commit(store, puts);
    const std::string refused = refusal(store, 9);
    BOOST_TEST(contains(refused, "'worker'"), refused);
    BOOST_TEST(contains(refused, "event 6, whose delivery is dead"), refused);
    BOOST_TEST(store.prune(5, all) == 5U);
    bus::Part discard;
    discard.commands = {{bus::DeliveryAction::discard, "worker", 6, "ann", "old"},
                        {bus::DeliveryAction::discard, "worker", 7, "ann", "old"}};
    commit(store, discard);
    BOOST_TEST(store.prune(9, all) == 4U);
    BOOST_TEST(store.conservation().at(0).holds());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_position_before_a_time_is_found, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    const auto before = [&](std::int64_t second) {
        return store.last_before(bus::Timestamp{std::chrono::seconds{second}});
    };
    BOOST_TEST(before(5) == 0U);
    fill(store, 6);
    bus::NewEvent late = event(7); // occurred before what was stored before it
    late.record.occurred_at = bus::Timestamp{std::chrono::seconds{2}};
    append(store, late);
    BOOST_TEST(before(1) == 0U);
    BOOST_TEST(before(2) == 1U);
    BOOST_TEST(before(5) == 4U);
    BOOST_TEST(before(6) == 5U);
    BOOST_TEST(before(7) == 7U);
    store.prune(4, all);
    BOOST_TEST(before(5) == 0U);
    BOOST_TEST(before(6) == 5U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_agent_that_is_forgotten_leaves_nothing_behind, Backend, Backends) {
    Backend backend;
    bus::Part kept = agent_part("worker", 0);
    kept.settled = {{3, 5}};
    kept.delivered = 2;
    kept.finished = 1;
    kept.begun = bus::BegunNote{{3, 4}, {}, 0};
    kept.put_deliveries = {{.position = 4}};
    kept.put_states = {{"key", "1"}};
    kept.put_timers = {{.number = 1, .agent = "worker", .due = {}, .event = event(1).record},
                       {.number = 2, .agent = "", .due = {}, .event = event(2).record},
                       {.number = 3, .agent = "other", .due = {}, .event = event(3).record}};
    commit(backend.store(), kept);
    bus::Part other = agent_part("other", 3);
    other.put_states = {{"key", "2"}};
    commit(backend.store(), other);
    BOOST_TEST(!backend.store().forget("nobody"));
    BOOST_TEST(!backend.store().forget(""));
    BOOST_TEST(backend.store().forget("worker"));
    BOOST_TEST(!backend.store().forget("worker"));
    for (int i = 0; i < 2; ++i) {
        bus::EventStore& store = backend.store();
        BOOST_TEST(!store.agent("worker").has_value());
        BOOST_TEST(!store.begun("worker").has_value());
        BOOST_TEST(store.delivery_briefs("worker").empty());
        BOOST_TEST(store.states("worker", "").empty());
        BOOST_TEST(store.timers(bus::Timestamp::min(), 0, 10).size() == 2U);
        BOOST_TEST(store.agents().size() == 1U);
        BOOST_TEST(store.state("other", "key")->json == "2");
        reopen(backend);
    }
    // A new agent of the same name starts from the beginning.
    commit(backend.store(), agent_part("worker", 9));
    BOOST_TEST((backend.store().agent("worker") ==
                bus::AgentRecord{.name = "worker", .start = 9, .checkpoint = 9}));
    BOOST_TEST(backend.store().last_timer() == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_backup_is_a_store_of_one_moment, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    const std::filesystem::path path = backend.folder() / "backup.db";
    if (!store.abilities().backup) {
        BOOST_TEST(store_error([&] { store.backup(path); }) != "");
        BOOST_TEST(!std::filesystem::exists(path));
        return;
    }
    fill(store, 10);
    store.prune(2, all);
    bus::Part step = agent_part("worker", 2);
    step.settled = {{3, 4}, {6, 6}};
    step.put_states = {{"key", "1"}};
    step.put_timers = {{.number = 7, .agent = "worker", .due = {}, .event = event(1).record}};
    commit(store, step);
    store.ask({});
    store.backup(path);
    append(store, event(11));
    const std::unique_ptr<bus::EventStore> copy = backend.open_backup(path);
    BOOST_TEST(copy->first_position() == 3U);
    BOOST_TEST(copy->last_position() == 10U);
    BOOST_TEST(
        (copy->agent("worker") ==
         bus::AgentRecord{.name = "worker", .start = 2, .checkpoint = 4, .ahead = {{6, 6}}}));
    BOOST_TEST(copy->timers(bus::Timestamp::min(), 0, 9).size() == 1U);
    BOOST_TEST(copy->last_timer() == 7U);
    BOOST_TEST(copy->requests(0, 9, true).size() == 1U);
    BOOST_TEST(append(*copy, event(20, "A-1")).position == 11U);
    // An existing file is left as it is.
    const std::string error = store_error([&] { store.backup(path); });
    BOOST_TEST(contains(error, "it exists already"), error);
    BOOST_TEST(copy->last_position() == 11U);
    BOOST_TEST(contains(store_error([&] { store.backup(backend.folder() / "no" / "b.db"); }),
                        "folder does not exist"));
}

BOOST_AUTO_TEST_SUITE_END()
