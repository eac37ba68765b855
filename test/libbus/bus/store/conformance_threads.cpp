#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <limits>
#include <thread>

using namespace test;

namespace {

constexpr std::uint64_t commits = 150;

/// Reads until `done`; false if it saw a gap, half a commit or a position that is too high.
bool reads_without_gap(bus::EventStore& store, const std::atomic<bool>& done) {
    bus::Position after = 0;
    for (bool last = false; !last;) {
        last = done.load();
        const bus::Position known = store.last_position();
        for (const bus::StoredEvent& event : store.read(after, 100)) {
            if (event.position != after + 1) {
                return false;
            }
            after = event.position;
        }
        // Each commit brings two events and the state that counts them.
        const auto state = store.state("writer", "count");
        const auto agent = store.agent("writer");
        const std::uint64_t count = state ? std::stoull(state->json) : 0;
        if (count < known || (count % 2) != 0 || (agent ? agent->checkpoint : 0) < count) {
            return false;
        }
        last = last && after == 2 * commits;
    }
    return true;
}

/// Step `number`, from 0. It has two events, of which the first is finished and the second
/// deferred. It finishes the event that the step before it deferred, and counts the events in the
/// state.
bus::Part step_of_two(std::uint64_t number) {
    const bus::Position first = 2 * number + 1;
    bus::Part step = agent_part("writer", 0);
    step.events = {event(first), event(first + 1, "B")};
    step.put_states = {{"count", std::to_string(first + 1)}};
    step.settled = {{first, first + 1}};
    step.delivered = 2;
    step.finished = number == 0 ? 1 : 2;
    step.put_deliveries = {{.position = first + 1, .state = bus::DeliveryState::deferred}};
    if (number != 0) {
        step.erase_deliveries = {first - 1};
    }
    return step;
}

/// Checks that the store is in the state between two of these steps, `least` or later.
void check_moment(bus::EventStore& store, bus::Position least) {
    const bus::Position last = store.last_position();
    BOOST_TEST(last >= least);
    BOOST_TEST(last % 2 == 0U);
    const auto events = store.read(0, std::numeric_limits<std::size_t>::max());
    BOOST_TEST_REQUIRE(events.size() == last);
    for (std::size_t i = 0; i < events.size(); ++i) {
        BOOST_TEST_REQUIRE(events[i].position == i + 1);
        BOOST_TEST_REQUIRE(events[i].record.event_id == id(i + 1));
    }
    BOOST_TEST_REQUIRE(store.state("writer", "count").has_value());
    BOOST_TEST(store.state("writer", "count")->json == std::to_string(last));
    BOOST_TEST(store.agent("writer")->checkpoint == last);
    const auto accounts = store.conservation();
    BOOST_TEST_REQUIRE(accounts.size() == 1U);
    BOOST_TEST(accounts[0].holds());
    BOOST_TEST(accounts[0].delivered == last);
    BOOST_TEST(accounts[0].finished == last - 1);
    BOOST_TEST(accounts[0].deferred == 1U);
}

} // namespace

BOOST_AUTO_TEST_SUITE(threads_on_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_readers_beside_the_writer_see_whole_commits_and_skip_nothing,
                              Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    std::atomic<bool> done = false;
    std::atomic<int> failed = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            if (!reads_without_gap(store, done)) {
                ++failed;
            }
        });
    }
    for (std::uint64_t i = 0; i < commits; ++i) {
        bus::Part step = agent_part("writer", 0);
        step.events = {event(2 * i + 1), event(2 * i + 2, "B")};
        step.put_states = {{"count", std::to_string(2 * i + 2)}};
        step.settled = {{2 * i + 1, 2 * i + 2}};
        step.finished = 2;
        commit(store, step);
    }
    done = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    BOOST_TEST(failed == 0);
    BOOST_TEST(store.read(0, std::numeric_limits<std::size_t>::max()).size() == 2 * commits);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S14_conservation_holds_in_every_snapshot_beside_the_writer, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    std::atomic<bool> done = false;
    std::atomic<int> broken = 0;
    std::thread reader{[&] {
        while (!done) {
            for (const bus::Conservation& account : store.conservation()) {
                broken += account.holds() ? 0 : 1;
            }
        }
    }};
    for (bus::Position i = 1; i <= commits; ++i) {
        // The counted rows move from one table to another, again and again.
        bus::Part step = agent_part("writer", 0);
        step.settled = {{i, i}};
        step.delivered = 1;
        step.put_deliveries = {{.position = i, .state = bus::DeliveryState::deferred}};
        commit(store, step);
        bus::Part next = agent_part("writer");
        if (i % 3 == 0) {
            next.finished = 1;
            next.erase_deliveries = {i};
        } else if (i % 3 == 1) {
            next.commands = {{bus::DeliveryAction::discard, "writer", i, "ann", "no use"}};
        } else {
            next.put_deliveries = {{.position = i, .state = bus::DeliveryState::dead}};
        }
        commit(store, next);
    }
    done = true;
    reader.join();
    BOOST_TEST(broken == 0);
    const bus::Conservation last = store.conservation().at(0);
    BOOST_TEST(last.holds());
    BOOST_TEST(last.delivered == commits);
    BOOST_TEST(last.finished == commits / 3);
    BOOST_TEST(last.discarded == commits / 3);
    BOOST_TEST(last.dead == commits / 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S14_a_backup_beside_the_writer_is_whole_and_of_one_moment, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    if (!store.abilities().backup) {
        BOOST_TEST(store_error([&] { store.backup(backend.folder() / "backup.db"); }) != "");
        return;
    }
    std::uint64_t steps = 0;
    for (; steps < 500; ++steps) { // so that a backup takes its time
        commit(store, step_of_two(steps));
    }
    std::atomic<int> refused = 0;
    std::jthread writer{[&](const std::stop_token& stop) {
        for (; !stop.stop_requested(); ++steps) {
            refused += commit(store, step_of_two(steps)).error ? 1 : 0;
        }
    }};
    int beside = 0; // backups during which the writer made progress
    for (int i = 0; beside < 4 && i < 50; ++i) {
        const auto path = backend.folder() / ("backup-" + std::to_string(i) + ".db");
        const bus::Position before = store.last_position();
        store.backup(path);
        beside += store.last_position() > before ? 1 : 0;
        check_moment(*backend.open_backup(path), before);
        BOOST_TEST(backend.damage_of_backup(path) == "");
    }
    writer.request_stop();
    writer.join();
    BOOST_TEST(beside == 4);
    BOOST_TEST(refused == 0);
    check_moment(store, 2 * steps);
}

BOOST_AUTO_TEST_SUITE_END()
