// The power goes while a bus with agents is at work: what it had promised is kept, and each effect
// in the store is there once.
#include "test/libbus/bus/delivery/sqlite_world.hpp"
#include "test/support/faulty_disk.hpp"

#include <random>

using namespace std::chrono_literals;

namespace {

/// Publishes and works until the power goes; returns the next number.
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

/// False: the power went while it opened.
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

} // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

BOOST_AUTO_TEST_CASE(S2_what_was_published_is_handled_once_after_cuts_that_lose_all_unsynced) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.0, false);
        }
    }
}

BOOST_AUTO_TEST_CASE(S2_the_same_whichever_unsynced_writes_arrive_in_whole_or_in_part) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.6, true);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
