// Stores where this user may not write: backups on read-only media.
#include "test/support/no_writing.hpp"
#include "test/support/small_disk.hpp"
#include <bus/store/verify.hpp>

#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include <fstream>

using namespace test;
namespace fs = std::filesystem;

namespace {

struct AtRest {
    TempFolder temp;
    // A name that must be escaped in a URI.
    fs::path folder = temp.path() / "50% of #1, why?";
    fs::path db = folder / "store.db";

    AtRest() {
        ::chmod(temp.path().c_str(), 0755);
        fs::create_directory(folder);
        constexpr auto mode = static_cast<fs::perms>(0644); // for a process that becomes nobody
        append(*bus::SqliteStore::open({.path = db, .mode = mode}), event(1));
    }

    [[nodiscard]] std::unique_ptr<bus::SqliteStore> read() const {
        return bus::SqliteStore::open({.path = db, .read_only = true});
    }

    [[nodiscard]] std::string read_error() const {
        return store_error([&] { static_cast<void>(read()->last_position()); });
    }
};

void check_is_read(const fs::path& db) {
    const auto store = bus::SqliteStore::open({.path = db, .read_only = true});
    BOOST_TEST(store->read(0, 10).size() == 1U);
    BOOST_TEST(store->last_position() == 1U);
    BOOST_TEST(store->agents().empty());
    BOOST_TEST(store->requests(0, 10, false).empty());
    BOOST_TEST(bus::verify({.path = db}).clean());
    const TempFolder elsewhere;
    const fs::path backup = elsewhere.path() / "backup.db";
    store->backup(backup.string());
    BOOST_TEST(bus::verify({.path = backup}).events == 1U);
    const std::string error =
        store_error([&] { store->ask({.who = "ann", .why = "no", .agent = "worker"}); });
    BOOST_TEST((contains(error, "read-only") || contains(error, "may not write")), error);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_stores_at_rest, AtRest)

BOOST_AUTO_TEST_CASE(a_store_in_a_folder_that_may_not_be_written_is_read_verified_and_backed_up,
                     *where_writing_can_be_forbidden) {
    ::chmod(db.c_str(), 0444);
    const NoWriting no_writing{folder};
    check_is_read(db);
}

BOOST_AUTO_TEST_CASE(a_store_on_read_only_media_is_read_verified_and_backed_up,
                     *where_a_disk_can_be_mounted) {
    SmallDisk disk{"size=2m"};
    BOOST_REQUIRE(disk.mounted());
    const fs::path copy = disk.path() / "store.db";
    fs::copy_file(db, copy);
    BOOST_REQUIRE(disk.make_read_only(true));
    check_is_read(copy);
}

BOOST_AUTO_TEST_CASE(an_empty_log_or_a_leftover_index_does_not_prevent_reading,
                     *where_writing_can_be_forbidden) {
    for (const char* end : {"-wal", "-shm"}) {
        const fs::path left = fs::path{db}.concat(end);
        std::ofstream{left}.flush();
        {
            const NoWriting no_writing{folder};
            BOOST_TEST(read()->read(0, 10).size() == 1U, end);
        }
        fs::remove(left);
    }
}

BOOST_AUTO_TEST_CASE(a_store_with_commits_only_in_its_log_is_refused_with_what_to_do,
                     *where_writing_can_be_forbidden) {
    {
        const auto writer = bus::SqliteStore::open({.path = db});
        append(*writer, event(2));
        for (const char* end : {"", "-wal"}) { // a copy of the files of a running host
            fs::copy_file(fs::path{db}.concat(end), folder / (std::string{"copy.db"} + end));
        }
    }
    db = folder / "copy.db";
    {
        const NoWriting no_writing{folder};
        const std::string error = read_error();
        BOOST_TEST(contains(error, "copy both files to a folder where this user may write"), error);
        const std::string verified =
            store_error([&] { static_cast<void>(bus::verify({.path = db})); });
        BOOST_TEST(contains(verified, "copy both files"), verified);
    }
    BOOST_TEST(read()->last_position() == 2U); // the advice helps
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_read_is_refused_for_that_reason,
                     *where_writing_can_be_forbidden) {
    ::chmod(db.c_str(), 0);
    const NoWriting no_writing{folder};
    const std::string error = read_error();
    BOOST_TEST(contains(error, "cannot open the store"), error);
    BOOST_TEST(!contains(error, "copy both files"), error);
}

BOOST_AUTO_TEST_CASE(a_reader_sees_the_commits_of_a_host_that_starts_and_ends_meanwhile,
                     *where_writing_can_be_forbidden) {
    NoWriting no_writing{folder};
    const auto reader = read();
    BOOST_TEST(reader->last_position() == 1U);
    no_writing.end();
    auto host = bus::SqliteStore::open({.path = db});
    append(*host, event(2));
    no_writing.begin();
    BOOST_TEST(reader->last_position() == 2U);
    BOOST_TEST(bus::verify({.path = db}).events == 2U);
    no_writing.end();
    append(*host, event(3));
    host.reset();
    no_writing.begin();
    BOOST_TEST(read()->last_position() == 3U);
    BOOST_TEST(bus::verify({.path = db}).events == 3U);
}

BOOST_AUTO_TEST_CASE(a_read_while_a_host_starts_is_refused, *where_writing_can_be_forbidden) {
    NoWriting no_writing{folder};
    std::unique_ptr<bus::SqliteStore> host;
    const auto start_host = [&] {
        if (!host) {
            no_writing.end();
            host = bus::SqliteStore::open({.path = db});
            append(*host, event(host->last_position() + 1));
            no_writing.begin();
        }
    };
    auto reader = read();
    const std::string error = store_error(
        [&] { reader->read_each(0, 10, [&](const auto&... /*event*/) { start_host(); }); });
    BOOST_TEST(contains(error, "opened it for writing meanwhile; read it again"), error);
    BOOST_TEST(reader->read(0, 10).size() == 2U);
    reader.reset(); // a reader beside a host keeps the log of the host there
    no_writing.end();
    host.reset();
    no_writing.begin();
    const std::string verified = store_error([&] {
        static_cast<void>(bus::verify({.path = db}, [&](const bus::VerifyProgress& progress) {
            if (progress.doing == "reading events") {
                start_host();
            }
        }));
    });
    BOOST_TEST(contains(verified, "read it again"), verified);
    no_writing.end();
    host.reset();
}

BOOST_AUTO_TEST_SUITE_END()
