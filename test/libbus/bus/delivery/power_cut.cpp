// The power fails while a bus with agents is at work: what it promised is kept, and each effect in
// the store occurs once. Also, what each Durability of an event keeps.
#include "test/libbus/bus/delivery/sqlite_world.hpp"
#include "test/support/faulty_disk.hpp"

#include <random>
#include <set>

using namespace std::chrono_literals;

namespace {

/// Publishes and works until the power fails; returns the next number.
std::int64_t work_until_the_cut(test::SqliteWorld& world, const test::FaultyDisk& disk,
                                std::int64_t next, std::mt19937_64& dice) {
    while (!disk.is_off()) {
        world.publish(next++);
        if (dice() % 3 == 0) {
            world.runtime->run_for(std::chrono::milliseconds{dice() % 50});
        }
    }
    if (dice() % 2 == 0) {
        world.runtime->run_for(2s); // nobody has noticed yet
    }
    return next;
}

/// False: the power failed while the store was opened.
bool starts(test::SqliteWorld& world, const test::FaultyDisk& disk) {
    try {
        world.start();
        return true;
    } catch (const bus::StoreError&) {
        BOOST_TEST(disk.is_off());
        return false;
    }
}

void cuts(std::uint64_t seed, double kept, bool torn) {
    const test::TempFolder folder;
    test::FaultyDisk disk{folder.path()};
    test::SqliteWorld world{folder.path() / "store.db", seed};
    std::mt19937_64 dice{seed};
    std::int64_t next = 0;
    for (int cut = 0; cut < 4; ++cut) {
        disk.cut_at_change(1 + dice() % 900);
        if (starts(world, disk)) {
            next = work_until_the_cut(world, disk, next, dice);
        }
        world.end();
        disk.power_on({.seed = dice(), .kept = kept, .torn = torn});
    }
    world.start();
    world.check_whole();
    BOOST_TEST(!world.accepted.empty());
}

constexpr std::int64_t buffered_events = 8;

/// Publishes one committed event, some buffered ones and a transient one, in this order. There is
/// no agent, because its commits would make the buffered ones safe.
void publish_each_level(bus::Bus& bus) {
    int handled = 0;
    const auto handler =
        bus.subscribe<test::TransientEvent>([&](const test::TransientEvent&) { ++handled; });
    bus.publish(test::ping("safe", 1));
    for (std::int64_t i = 1; i <= buffered_events; ++i) {
        test::BufferedEvent event;
        event.number = i;
        bus.publish(event);
    }
    BOOST_TEST(bus.publish(test::TransientEvent{}).position == 0U);
    BOOST_TEST(handled == 1);
}

/// How many of the buffered events the store has. They must be the first ones, after the committed
/// one, and there must be no others.
std::int64_t buffered_in(const std::filesystem::path& db) {
    const auto log = bus::SqliteStore::open({.path = db})->read(0, 1'000);
    BOOST_TEST_REQUIRE(!log.empty());
    BOOST_TEST(log.front().record.event_type == "PingEvent");
    for (std::size_t i = 1; i < log.size(); ++i) {
        BOOST_TEST_REQUIRE(log[i].record.event_type == "BufferedEvent");
        const auto event = bus::decode(log[i].record);
        BOOST_TEST(static_cast<const test::BufferedEvent&>(*event).number ==
                   static_cast<std::int64_t>(i));
        BOOST_TEST(log[i].position == i + 1);
    }
    return static_cast<std::int64_t>(log.size()) - 1;
}

/// A copy of the store as the system has it now, which is what a kill of its process would leave.
std::filesystem::path as_after_a_kill(const std::filesystem::path& db, const test::TempFolder& to) {
    const auto copy = to.path() / db.filename();
    for (const char* end : {"", "-wal"}) {
        std::filesystem::copy_file(std::filesystem::path{db}.concat(end),
                                   std::filesystem::path{copy}.concat(end));
    }
    return copy;
}

} // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

BOOST_AUTO_TEST_CASE(
    S1_a_kill_loses_no_stored_event_and_a_power_cut_only_the_newest_buffered_ones) {
    std::set<std::int64_t> kept_at_cuts;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const test::TempFolder folder;
            const test::TempFolder beside;
            test::FaultyDisk disk{folder.path()};
            const auto db = folder.path() / "store.db";
            std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = db});
            std::optional<bus::Bus> bus;
            bus.emplace(bus::BusOptions{std::make_shared<bus::SimulatedRuntime>(seed), store});
            publish_each_level(*bus);
            BOOST_TEST(buffered_in(as_after_a_kill(db, beside)) == buffered_events);
            disk.cut();
            bus.reset();
            store.reset();
            disk.power_on(
                {.seed = seed, .kept = seed % 4 == 0 ? 0.0 : 0.97, .torn = seed % 4 == 1});
            const std::int64_t kept = buffered_in(db);
            BOOST_TEST(kept <= buffered_events);
            kept_at_cuts.insert(kept);
        }
    }
    BOOST_TEST(kept_at_cuts.contains(0)); // nobody had waited for the disk
    BOOST_TEST(kept_at_cuts.size() > 2U); // and some of them may have reached the disk anyway
}

BOOST_AUTO_TEST_CASE(
    S2_published_events_are_handled_once_after_cuts_that_lose_all_unsynced_writes) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.0, false);
        }
    }
}

BOOST_AUTO_TEST_CASE(S2_events_are_handled_once_whichever_unsynced_writes_survive_a_power_cut) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.6, true);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
