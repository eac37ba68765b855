#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <limits>
#include <thread>

using namespace test;

namespace {

constexpr std::uint64_t commits = 150;

/// Reads on until `done`; false where it saw a gap, half a commit or a position too far.
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
        // What is counted in one table moves to another one, and on.
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

BOOST_AUTO_TEST_SUITE_END()
