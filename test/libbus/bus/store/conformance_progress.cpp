// Settled positions, and chains of parts that build on each other.
#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

using Ranges = std::vector<bus::PositionRange>;

bus::Part settling(Ranges ranges) {
    bus::Part part = agent_part("worker");
    part.settled = std::move(ranges);
    return part;
}

/// A part of "worker" in a chain, with one event.
bus::Part link(std::uint64_t chain, std::uint64_t number, const std::string& agent = "worker") {
    bus::Part part = agent_part(agent);
    part.chain = chain;
    part.events = {event(number)};
    part.settled = {{number, number}};
    return part;
}

void check_progress(bus::EventStore& store, bus::Position checkpoint, const Ranges& ahead) {
    const auto agent = store.agent("worker");
    BOOST_TEST_REQUIRE(agent.has_value());
    BOOST_TEST(agent->checkpoint == checkpoint);
    BOOST_TEST((agent->ahead == ahead), "the ranges differ; found " << agent->ahead.size());
}

std::string broken(const bus::PartResult& result) {
    return message_of<bus::BrokenChain>(result.error);
}

} // namespace

BOOST_AUTO_TEST_SUITE(progress_in_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(S10_the_checkpoint_moves_only_over_settled_positions, Backend,
                              Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    commit(backend.store(), settling({{2, 3}}));
    check_progress(backend.store(), 0, {{2, 3}});
    commit(backend.store(), settling({{7, 7}, {5, 5}}));
    reopen(backend);
    check_progress(backend.store(), 0, {{2, 3}, {5, 5}, {7, 7}});
    commit(backend.store(), settling({{1, 1}}));
    check_progress(backend.store(), 3, {{5, 5}, {7, 7}});
    commit(backend.store(), settling({{4, 6}}));
    reopen(backend);
    check_progress(backend.store(), 7, {});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S10_ranges_that_touch_or_overlap_become_one, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 10));
    commit(backend.store(), settling({{20, 22}, {30, 32}, {40, 42}}));
    commit(backend.store(), settling({{23, 23}, {29, 29}}));
    check_progress(backend.store(), 10, {{20, 23}, {29, 32}, {40, 42}});
    commit(backend.store(), settling({{19, 50}}));
    check_progress(backend.store(), 10, {{19, 50}});
    commit(backend.store(), settling({{25, 60}, {52, 53}}));
    reopen(backend);
    check_progress(backend.store(), 10, {{19, 60}});
    commit(backend.store(), settling({{1, 18}}));
    reopen(backend);
    check_progress(backend.store(), 60, {});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S10_settling_a_position_twice_changes_nothing_and_nothing_moves_back,
                              Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    for (int i = 0; i < 2; ++i) {
        commit(backend.store(), settling({{1, 4}, {8, 9}, {3, 3}, {0, 0}, {9, 9}}));
        check_progress(backend.store(), 4, {{8, 9}});
    }
    commit(backend.store(), settling({{2, 2}}));
    commit(backend.store(), agent_part("worker", 1));
    reopen(backend);
    check_progress(backend.store(), 4, {{8, 9}});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S10_parts_of_one_commit_settle_together, Backend, Backends) {
    Backend backend;
    std::vector<bus::Part> parts{agent_part("worker", 0)};
    for (bus::Position position = 100; position > 0; --position) {
        parts.push_back(settling({{position, position}}));
        parts.back().delivered = 1;
        parts.back().finished = 1;
    }
    parts.push_back(settling({{200, 200}}));
    backend.store().commit(parts, true);
    check_progress(backend.store(), 100, {{200, 200}});
    reopen(backend);
    const bus::AgentRecord expected{.name = "worker",
                                    .checkpoint = 100,
                                    .ahead = {{200, 200}},
                                    .delivered = 100,
                                    .finished = 100};
    BOOST_TEST((backend.store().agent("worker") == expected));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_note_of_what_has_begun_is_kept_and_replaced, Backend, Backends) {
    Backend backend;
    BOOST_TEST(!backend.store().begun("worker").has_value());
    commit(backend.store(), agent_part("worker", 0));
    BOOST_TEST(!backend.store().begun("worker").has_value());
    bus::Part noted = agent_part("worker");
    for (const bus::BegunNote& note : {bus::BegunNote{{3, 9}, {1, 2, 700}, 0},
                                       bus::BegunNote{{0, 0}, {5}, 2}, bus::BegunNote{}}) {
        noted.begun = note;
        commit(backend.store(), noted);
        commit(backend.store(), settling({{1, 1}}));
        reopen(backend);
        BOOST_TEST((backend.store().begun("worker") == note));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_a_refused_part_each_later_one_of_its_chain_fails, Backend,
                              Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    commit(backend.store(), agent_part("other", 0));
    std::vector<bus::Part> parts{link(1, 1),          link(1, 2), link(1, 3),
                                 link(1, 4, "other"), link(0, 5), link(2, 6)};
    parts[1].events[0].expected_version = 77; // no stream is that far
    const std::vector<bus::PartResult> results = backend.store().commit(parts, true);
    BOOST_TEST(!results[0].error);
    BOOST_TEST(message_of<bus::VersionConflict>(results[1].error) != "");
    BOOST_TEST(contains(broken(results[2]), "'worker'"));
    // Parts of another agent, without a chain and in a new chain are not affected.
    BOOST_TEST(!results[3].error);
    BOOST_TEST(!results[4].error);
    BOOST_TEST(!results[5].error);
    check_progress(backend.store(), 1, {{5, 6}});
    BOOST_TEST(!backend.store().find(id(3)).has_value());
    // The same holds in a later commit, for any part.
    BOOST_TEST(broken(commit(backend.store(), link(1, 7))) != "");
    BOOST_TEST(!commit(backend.store(), link(2, 7)).error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_chain_breaks_for_any_reason_and_stays_broken, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    bus::Part gone = link(1, 1);
    gone.fires = 9;
    BOOST_TEST(message_of<bus::TimerGone>(commit(backend.store(), gone).error) != "");
    BOOST_TEST(broken(commit(backend.store(), link(1, 1))) != "");
    bus::Part backwards = link(2, 1);
    backwards.settled = {{2, 1}};
    BOOST_TEST(!!commit(backend.store(), backwards).error);
    BOOST_TEST(broken(commit(backend.store(), link(2, 1))) != "");
    commit(backend.store(), part({event(30)}));
    bus::Part other_content = link(3, 30);
    other_content.events[0].record.user_id = "bob";
    BOOST_TEST(message_of<bus::IdConflict>(commit(backend.store(), other_content).error) != "");
    BOOST_TEST(broken(commit(backend.store(), link(3, 1))) != "");
    BOOST_TEST(broken(commit(backend.store(), link(1, 1))) != "");
    BOOST_TEST(!commit(backend.store(), link(4, 1)).error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S14_the_account_of_each_agent_adds_up, Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    BOOST_TEST(backend.store().conservation().empty());
    commit(backend.store(), agent_part("idle", 0));
    bus::Part steps = agent_part("worker", 0);
    steps.settled = {{1, 20}};
    steps.delivered = 17;
    steps.finished = 9;
    for (bus::Position position = 1; position <= 8; ++position) {
        steps.put_deliveries.push_back({.position = position,
                                        .state = position <= 3   ? DeliveryState::parked
                                                 : position <= 5 ? DeliveryState::deferred
                                                                 : DeliveryState::dead,
                                        .quarantined = position == 8});
    }
    commit(backend.store(), steps);
    const auto account = [&] {
        reopen(backend);
        const auto all = backend.store().conservation();
        BOOST_TEST_REQUIRE(all.size() == 2U);
        BOOST_TEST(all[0].agent == "idle");
        BOOST_TEST(all[0].holds());
        BOOST_TEST(all[1].agent == "worker");
        BOOST_TEST(all[1].holds());
        return all[1];
    };
    bus::Conservation found = account();
    BOOST_TEST(found.delivered == 17U);
    BOOST_TEST(found.finished == 9U);
    BOOST_TEST(found.parked == 3U);
    BOOST_TEST(found.deferred == 2U);
    BOOST_TEST(found.dead == 3U);
    BOOST_TEST(found.quarantined == 1U);

    bus::Part commands;
    for (const bus::Position position : {1U, 4U, 6U, 6U}) {
        commands.commands.push_back(
            {bus::DeliveryAction::discard, "worker", position, "ann", "no use"});
    }
    commands.commands.push_back({bus::DeliveryAction::redrive, "worker", 8, "ann", "fixed"});
    commit(backend.store(), commands);
    found = account();
    BOOST_TEST(found.discarded == 3U);
    BOOST_TEST(found.parked == 2U);
    BOOST_TEST(found.deferred == 2U);
    BOOST_TEST(found.dead == 1U);
    BOOST_TEST(found.quarantined == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
