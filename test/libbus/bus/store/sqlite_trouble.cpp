#include "troubles.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <limits>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

/// Appends large events until the store refuses; returns how many it took, and the message.
std::pair<std::uint64_t, std::string> fill(bus::EventStore& store) {
    for (std::uint64_t i = 1; i < 10'000; ++i) {
        const std::string error = store_error([&] { commit(store, part({large(i)}), true); });
        if (!error.empty()) {
            return {i - 1, error};
        }
    }
    return {10'000, {}};
}

/// Checks after a refusal that nothing of the refused commit is there, and that a small commit
/// continues after it.
void check_goes_on(bus::EventStore& store, std::uint64_t taken) {
    BOOST_TEST(store.last_position() == taken);
    BOOST_TEST(store.read(0, all).size() == taken);
    BOOST_TEST(!store.find(id(taken + 1)).has_value());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_store_in_trouble, File)

BOOST_AUTO_TEST_CASE(S8_a_full_disk_is_an_error_and_work_continues_afterwards,
                     *test::where_a_disk_can_be_mounted) {
    const SmallDisk disk{"size=2m"};
    BOOST_TEST_REQUIRE(disk.mounted());
    const std::string ballast(300'000, 'b');
    std::ofstream{disk.path() / "ballast"} << ballast;
    const auto store = bus::SqliteStore::open({.path = disk.path() / "store.db"});
    const auto [taken, error] = fill(*store);
    BOOST_TEST(taken > 5U);
    BOOST_TEST(contains(error, "free space"), error);
    BOOST_TEST(contains(error, (disk.path() / "store.db").string()), error);
    check_goes_on(*store, taken);
    fs::remove(disk.path() / "ballast");
    BOOST_TEST(append(*store, large(taken + 1)).position == taken + 1);
}

BOOST_AUTO_TEST_CASE(S8_a_store_at_its_size_limit_refuses_whole_commits) {
    std::uint64_t taken = 0;
    {
        const auto store = bus::SqliteStore::open({.path = db, .max_file_bytes = 1'000'000});
        std::string error;
        std::tie(taken, error) = fill(*store);
        BOOST_TEST(taken > 5U);
        BOOST_TEST(taken < 20U);
        BOOST_TEST(contains(error, "full"), error);
        check_goes_on(*store, taken);
        // An event that does not fit makes the small ones of its batch fail too, and their
        // positions are
        // free again.
        const std::vector parts{part({event(900)}), part({large(901, 900'000)})};
        BOOST_CHECK_THROW(store->commit(parts, true), bus::StoreError);
        check_goes_on(*store, taken);
        bus::NewEvent next = event(902);
        next.expected_version = taken;
        BOOST_TEST(append(*store, next).position == taken + 1);
    }
    const auto store = bus::SqliteStore::open({.path = db});
    BOOST_TEST(append(*store, large(903)).position == taken + 2);
}

BOOST_AUTO_TEST_CASE(S8_a_disk_that_refuses_writes_is_an_error_and_work_continues_afterwards) {
    const auto store = bus::SqliteStore::open({.path = db});
    append(*store, event(1));
    {
        const FileSizeLimit limit{200'000};
        bus::Part many = part({event(2)});
        for (std::uint64_t i = 3; i < 10; ++i) {
            many.events.push_back(large(i));
        }
        const std::string error = store_error([&] { commit(*store, many, true); });
        BOOST_TEST(contains(error, "the disk reported an error"), error);
        check_goes_on(*store, 1);
    }
    BOOST_TEST(append(*store, event(2)).position == 2U);
}

BOOST_AUTO_TEST_CASE(S8_a_locked_database_is_an_error_and_work_continues_afterwards) {
    const auto store =
        bus::SqliteStore::open({.path = db, .busy_timeout = std::chrono::milliseconds{30}});
    append(*store, event(1));
    Shell shell{db};
    BOOST_REQUIRE(shell.run("BEGIN IMMEDIATE"));
    const std::string error = store_error([&] { commit(*store, part({event(2)}), true); });
    BOOST_TEST(contains(error, "another program holds the file locked"), error);
    BOOST_TEST(store->read(0, all).size() == 1U);
    BOOST_REQUIRE(shell.run("ROLLBACK"));
    BOOST_TEST(append(*store, event(2)).position == 2U);
}

BOOST_AUTO_TEST_CASE(S8_a_corrupt_file_is_an_error_that_says_so) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        for (std::uint64_t i = 1; i < 40; ++i) {
            append(*store, large(i, 3'000));
        }
    }
    {
        std::fstream file{db, std::ios::binary | std::ios::in | std::ios::out};
        const auto size = static_cast<std::streamoff>(fs::file_size(db));
        file.seekp(size / 2 / 4096 * 4096);
        file << std::string(static_cast<std::size_t>(size / 2), '\xee');
    }
    const auto store = bus::SqliteStore::open({.path = db});
    const std::string error = store_error([&] { store->read(0, all); });
    BOOST_TEST(contains(error, "damaged"), error);
    BOOST_TEST(contains(error, db.string()), error);
    BOOST_TEST(store->read(0, 1).size() == 1U); // what is whole can still be read
}

BOOST_AUTO_TEST_CASE(a_file_damaged_from_its_first_tables_on_does_not_open) {
    bus::SqliteStore::open({.path = db});
    {
        std::fstream file{db, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(4096);
        file << std::string(fs::file_size(db) - 4096, '\xee');
    }
    const std::string error = store_error([&] { bus::SqliteStore::open({.path = db}); });
    BOOST_TEST(contains(error, "damaged"), error);
}

BOOST_AUTO_TEST_CASE(a_text_beyond_the_limit_makes_only_its_part_fail) {
    const auto store = bus::SqliteStore::open({.path = db, .max_value_bytes = 1'000});
    const std::vector parts{part({event(1)}), part({event(2), large(3, 1'000)}), part({event(4)})};
    const auto results = store->commit(parts, true);
    BOOST_TEST(contains(message_of<bus::StoreError>(results.at(1).error), "1002 bytes"));
    BOOST_TEST(!results.at(0).error);
    BOOST_TEST(results.at(2).places.at(0).position == 2U);
}

BOOST_AUTO_TEST_CASE(S3_positions_are_not_used_again_after_pruning) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        for (std::uint64_t i = 1; i <= 5; ++i) {
            append(*store, event(i));
        }
    }
    BOOST_REQUIRE(bus::SqliteStore::open({.path = db})->prune(5, 10) == 5U);
    const auto store = bus::SqliteStore::open({.path = db});
    BOOST_TEST(store->last_position() == 5U);
    BOOST_TEST(append(*store, event(6)).position == 6U);
}

BOOST_AUTO_TEST_CASE(the_log_does_not_grow_endlessly_while_it_is_read) {
    const auto store = bus::SqliteStore::open({.path = db});
    for (std::uint64_t i = 1; i <= 600; ++i) {
        commit(*store, part({large(i, 40'000)}));
        BOOST_TEST_REQUIRE(store->read(i - 1, 10).size() == 1U);
    }
    BOOST_TEST(fs::file_size(db.string() + "-wal") < 12'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()
