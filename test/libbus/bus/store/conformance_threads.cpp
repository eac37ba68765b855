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
        if (count < known || (count % 2) != 0 || (agent ? agent->finished : 0) < count) {
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

BOOST_AUTO_TEST_SUITE_END()
