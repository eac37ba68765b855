// The modes of a store, its copies and the files beside it.
#include "test/support/faulty_disk.hpp"

#include "lost_files.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace test;
namespace fs = std::filesystem;

namespace {

class Umask {
public:
    explicit Umask(mode_t mask) : before_{::umask(mask)} {}

    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

    ~Umask() { ::umask(before_); }

private:
    mode_t before_;
};

struct stat seen(const fs::path& path) {
    struct stat file {};

    BOOST_TEST_REQUIRE(::stat(path.c_str(), &file) == 0, path);
    return file;
}

mode_t mode_of(const fs::path& path) {
    return seen(path).st_mode & 07777U;
}

constexpr mode_t umasks[] = {0, 022, 077};

struct Place {
    TempFolder temp;
    fs::path db = fs::canonical(temp.path()) / "a.db";
    fs::path copy = fs::canonical(temp.path()) / "copy.db";
};

} // namespace

BOOST_AUTO_TEST_SUITE(modes_of_files)

BOOST_AUTO_TEST_CASE(S20_only_its_owner_can_read_a_new_store_and_the_files_beside_it) {
    for (const mode_t mask : umasks) {
        const Place place;
        const Umask umask{mask};
        const auto store = bus::SqliteStore::open({.path = place.db});
        append(*store, event(1));
        for (const char* end : {"", "-wal", "-shm"}) {
            BOOST_TEST(mode_of(place.db + end) == 0600U, end);
        }
        BOOST_TEST(bus::verify({.path = place.db}).clean());
    }
}

BOOST_AUTO_TEST_CASE(S20_a_new_store_gets_the_mode_that_its_options_name_whatever_the_umask_is) {
    for (const mode_t mask : umasks) {
        const Place place;
        const Umask umask{mask};
        const auto mode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
        const auto store = bus::SqliteStore::open({.path = place.db, .mode = mode});
        append(*store, event(1));
        for (const char* end : {"", "-wal", "-shm"}) {
            BOOST_TEST(mode_of(place.db + end) == 0640U, end);
        }
    }
}

BOOST_AUTO_TEST_CASE(S20_an_existing_store_keeps_its_mode) {
    const Place place;
    bus::SqliteStore::open({.path = place.db}).reset();
    fs::permissions(place.db, static_cast<fs::perms>(0660));
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(1));
    BOOST_TEST(mode_of(place.db) == 0660U);
    BOOST_TEST(mode_of(place.db + "-wal") == 0660U);
}

BOOST_AUTO_TEST_CASE(S20_a_backup_gets_the_mode_of_its_store) {
    for (const mode_t mask : umasks) {
        for (const mode_t mode : {0600U, 0640U, 0664U}) {
            const Place place;
            const Umask umask{mask};
            const auto store =
                bus::SqliteStore::open({.path = place.db, .mode = static_cast<fs::perms>(mode)});
            append(*store, event(1));
            store->backup(place.copy.string());
            BOOST_TEST(mode_of(place.copy) == mode);
            BOOST_TEST(events_in(place.copy) == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(S20_nobody_else_can_read_a_backup_while_it_is_written) {
    const Place place;
    const Umask umask{0};
    FaultyDisk disk{place.temp.path()};
    mode_t while_written = 0;
    disk.simulate({.seed = 1,
                   .on_sync =
                       [&](const std::string& path) {
                           if (path.ends_with("-partial")) {
                               while_written = mode_of(path);
                           }
                       },
                   .sleeps = {}});
    // What an earlier backup has left, for all to read.
    std::ofstream{place.copy + "-partial"} << "left";
    fs::permissions(place.copy + "-partial", static_cast<fs::perms>(0666));
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(1));
    store->backup(place.copy.string());
    BOOST_TEST(while_written == 0600U);
    BOOST_TEST(mode_of(place.copy) == 0600U);
}

BOOST_AUTO_TEST_CASE(S20_a_backup_that_root_makes_belongs_to_the_owner_of_the_store) {
    constexpr uid_t app = 12'345;
    const Place place;
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(1));
    if (::geteuid() != 0) {
        BOOST_TEST_MESSAGE("only root can do this");
        return;
    }
    BOOST_TEST_REQUIRE(::chown(place.db.c_str(), app, app) == 0);
    store->backup(place.copy.string());
    BOOST_TEST(seen(place.copy).st_uid == app);
    BOOST_TEST(seen(place.copy).st_gid == app);
    BOOST_TEST(mode_of(place.copy) == 0600U);
}

BOOST_AUTO_TEST_CASE(S20_the_rescued_copy_of_a_lost_store_gets_its_mode) {
    const Place place;
    const Umask umask{0};
    const auto store = bus::SqliteStore::open({.path = place.db});
    append(*store, event(1));
    fs::remove(place.db);
    BOOST_TEST(!store_error([&] { commit(*store, part({event(2)}), true); }).empty());
    BOOST_TEST(mode_of(place.db + "-rescued") == 0600U);
}

BOOST_AUTO_TEST_SUITE_END()
