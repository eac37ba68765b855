// compact, and who may read what export writes
#include "test/support/small_disk.hpp"
#include <bus/store/verify.hpp>

#include "console.hpp"
#include "ndjson.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using test::exported;
using test::holds;

/// A sample store with a megabyte of events that were pruned.
void make_roomy(const test::SampleStore& store) {
    {
        const auto open = bus::SqliteStore::open({.path = store.path()});
        for (std::uint64_t i = 0; i < 20; ++i) {
            bus::Part part;
            part.events.push_back({.record = test::parcel(1000 + i)});
            part.events.back().record.data = "\"" + std::string(50'000, 'x') + "\"";
            BOOST_TEST_REQUIRE(!open->commit({&part, 1}, false).front().error);
        }
    }
    test::call({"dead-letters", "discard", "--all", "--why", "a test", "--store", store.url()});
    test::call({"agents", "forget", "biller", "--why", "a test", "--store", store.url()});
    test::call({"agents", "forget", "greeter", "--why", "a test", "--store", store.url()});
    const test::Called pruned = test::call({"prune", "--before", "1000", "--store", store.url()});
    BOOST_TEST_REQUIRE(pruned.code == 0, pruned.err);
}

bool is_whole(const test::SampleStore& store) {
    return bus::verify({.path = store.path()}).clean();
}

class Variable {
public:
    Variable(const char* name, const std::string& value) : name_{name} {
        ::setenv(name, value.c_str(), 1);
    }

    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

    ~Variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(compacting)

BOOST_AUTO_TEST_CASE(compact_gives_back_free_space_and_keeps_everything_else) {
    const test::SampleStore store;
    make_roomy(store);
    const auto before = fs::file_size(store.path());
    const std::string events = exported(store.url());
    const test::Called dry = test::call({"compact", "--dry-run", "--store", store.url()});
    BOOST_TEST(dry.code == 0, dry.err);
    BOOST_TEST(dry.out.starts_with("would give "), dry.out);
    BOOST_TEST(fs::file_size(store.path()) == before);
    const test::Called real = test::call({"compact", "--store", store.url()});
    BOOST_TEST(real.code == 0, real.err);
    BOOST_TEST(real.out.starts_with("gave "), real.out);
    BOOST_TEST(fs::file_size(store.path()) + 900'000 < before);
    BOOST_TEST(!fs::exists(store.path() + "-wal"));
    BOOST_TEST(exported(store.url()) == events);
    BOOST_TEST(is_whole(store));
    const test::Called again = test::call({"compact", "--store", store.url()});
    BOOST_TEST(again.code == 0);
    BOOST_TEST(again.out.starts_with("nothing to give back: all "), again.out);
    const test::Called json = test::call({"compact", "--json", "--store", store.url()});
    BOOST_TEST(boost::json::parse(json.out).at("freed").as_int64() == 0);
    const auto open = store.open();
    BOOST_TEST(open->space().bytes == fs::file_size(store.path()));
}

BOOST_AUTO_TEST_CASE(compact_for_programs_says_how_much_it_gave_back) {
    const test::SampleStore store;
    make_roomy(store);
    const test::Called called = test::call({"compact", "--json", "--store", store.url()});
    const auto object = boost::json::parse(called.out).as_object();
    BOOST_TEST(object.at("freed").as_int64() > 900'000);
    BOOST_TEST(object.at("after").as_int64() ==
               static_cast<std::int64_t>(fs::file_size(store.path())));
    BOOST_TEST(!object.at("dry_run").as_bool());
}

BOOST_AUTO_TEST_CASE(compact_that_shows_its_progress_does_the_same) {
    const test::SampleStore store;
    make_roomy(store);
    test::TestConsole console;
    const test::Called called =
        test::call_with_progress(console, {"compact", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(holds(called.err, "bytes "), called.err);
    BOOST_TEST(is_whole(store));
}

BOOST_AUTO_TEST_CASE(compact_beside_a_host_names_it_and_changes_nothing) {
    test::SampleStore store;
    store.run_host();
    const test::Called called = test::call({"compact", "--store", store.url()});
    BOOST_TEST(called.code == 3);
    BOOST_TEST(holds(called.err, "process " + std::to_string(::getpid())), called.err);
    BOOST_TEST(test::call({"compact", "--dry-run", "--store", store.url()}).code == 0);
    store.end_host();
    BOOST_TEST(is_whole(store));
}

BOOST_AUTO_TEST_CASE(compact_without_enough_room_says_so_before_it_begins,
                     *test::where_a_disk_can_be_mounted) {
    const test::SampleStore store;
    make_roomy(store);
    const auto before = fs::file_size(store.path());
    const test::SmallDisk disk{"size=16k"};
    BOOST_TEST_REQUIRE(disk.mounted());
    const Variable folder{"SQLITE_TMPDIR", disk.path().string()};
    const test::Called called = test::call({"compact", "--store", store.url()});
    BOOST_TEST(called.code == 3);
    BOOST_TEST(holds(called.err, "nothing was changed"), called.err);
    BOOST_TEST(holds(called.err, disk.path().string()), called.err);
    BOOST_TEST(fs::file_size(store.path()) == before);
    BOOST_TEST(is_whole(store));
}

BOOST_AUTO_TEST_CASE(compact_of_a_missing_store_creates_none) {
    const test::SampleStore store;
    const std::string missing = store.file("missing.db");
    BOOST_TEST(test::call({"compact", "--store", "sqlite:" + missing}).code == 3);
    BOOST_TEST(!fs::exists(missing));
}

BOOST_AUTO_TEST_CASE(S20_export_and_backup_get_the_mode_of_the_store) {
    const test::SampleStore store;
    const auto mode_of = [](const std::string& path) {
        struct stat seen {};

        BOOST_TEST_REQUIRE(::stat(path.c_str(), &seen) == 0);
        return seen.st_mode & 07777U;
    };
    int number = 0;
    for (const mode_t mask : {0U, 022U, 077U}) {
        for (const mode_t mode : {0600U, 0640U}) {
            const mode_t before = ::umask(mask);
            fs::permissions(store.path(), static_cast<fs::perms>(mode));
            for (const char* command : {"export", "backup"}) {
                const std::string file = store.file(std::to_string(++number));
                // The file of an earlier export, readable by everybody.
                std::ofstream{file + "-partial"} << "left";
                fs::permissions(file + "-partial", static_cast<fs::perms>(0666));
                const test::Called called = test::call({command, file, "--store", store.url()});
                BOOST_TEST(called.code == 0, called.err);
                BOOST_TEST(mode_of(file) == mode, command);
                BOOST_TEST(!fs::exists(file + "-partial"));
            }
            ::umask(before);
        }
    }
    BOOST_TEST(is_whole(store));
}

BOOST_AUTO_TEST_SUITE_END()
