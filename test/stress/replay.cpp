// A long log is replayed into an agent while others publish and handle new events. Both must
// finish, each event must be replayed once, no live event may be lost, and the write-ahead log must
// stay below the limit in docs/reference/stores.md.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/stress.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

using bus::DeliveryAction;
using test::PingEvent;
using test::PongEvent;

namespace {

constexpr std::uintmax_t most_wal_bytes = 64U << 20U;

/// The length of the log, from LIBBUS_REPLAY_EVENTS; a million events take a few seconds.
std::int64_t events_in_log() {
    const char* said = std::getenv("LIBBUS_REPLAY_EVENTS"); // NOLINT(concurrency-mt-unsafe)
    return said != nullptr ? std::max(1'000LL, std::atoll(said)) : 50'000;
}

void fill(bus::EventStore& store, std::int64_t count) {
    std::vector<bus::Part> parts(1'000);
    for (std::int64_t i = 0; i < count;) {
        for (bus::Part& part : parts) {
            part.events = {
                {.record = bus::encode(test::ping("A-" + std::to_string(i % 97), i)), .event = {}}};
            ++i;
        }
        for (const bus::PartResult& result : store.commit(parts, false)) {
            BOOST_REQUIRE(!result.error);
        }
    }
}

std::uintmax_t size_of(const std::filesystem::path& file) {
    std::error_code gone;
    const std::uintmax_t size = std::filesystem::file_size(file, gone);
    return gone ? 0 : size;
}

} // namespace

BOOST_AUTO_TEST_SUITE(replay_under_load)

BOOST_AUTO_TEST_CASE(a_long_log_is_replayed_while_others_go_on_and_the_wal_stays_small) {
    const test::TempFolder folder;
    const std::filesystem::path file = folder.path() / "long.db";
    const std::int64_t count = events_in_log();
    const std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = file});
    fill(*store, count);
    bus::Bus bus{{.store = store}};
    std::atomic<std::int64_t> replayed{0};
    auto totals = test::scripted("totals");
    totals->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        replayed += context.replaying() ? 1 : 0;
        if (event.number % 64 == 0) {
            context.set_state(event.name, event.number);
        }
    });
    bus.add(std::move(totals));
    std::atomic<std::int64_t> handled{0};
    auto live = test::scripted("live");
    live->handles<PongEvent, test::GivenUpEvent>(
        [&](const PongEvent& event, bus::Context& context) {
            ++handled;
            context.publish(test::given_up(event.name, "answered"));
        });
    live->settings().start = bus::StartPosition::now();
    bus.add(std::move(live));
    bus.wait_idle();
    const auto before = store->states("totals", "");

    bus.request({.who = "test", .action = DeliveryAction::replay, .agent = "totals"});
    std::int64_t published = 0;
    std::uintmax_t wal = 0;
    while (replayed < count) {
        bus.publish(test::pong("B-" + std::to_string(published % 13), published));
        ++published;
        wal = std::max(wal, size_of(file.string() + "-wal"));
    }
    bus.wait_idle();
    BOOST_TEST_MESSAGE(count << " events replayed beside " << published
                             << " that were published; the WAL had at most " << wal << " bytes");
    BOOST_TEST(replayed == count);
    BOOST_TEST(handled == published);
    BOOST_TEST(published > 0);
    BOOST_TEST(wal <= most_wal_bytes);
    BOOST_TEST((store->states("totals", "") == before));
}

BOOST_AUTO_TEST_SUITE_END()
