#include "test/support/small_disk.hpp"

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <memory>

namespace {

struct BadStore {
    test::TemporaryFolder folder;
    std::string feed = folder.file("feed", test::good_line("111-1"));

    [[nodiscard]] test::Finished run(const std::string& store) const {
        return test::order_pipeline({"run", feed, "--store", "sqlite:" + store});
    }

    void check_refused(const std::string& store, const std::vector<std::string>& words) const {
        const test::Finished finished = run(store);
        BOOST_TEST(finished.exit_code == 4);
        for (const std::string& word : words) {
            BOOST_TEST(finished.err.find(word) != std::string::npos,
                       "'" << word << "' is not in: " << finished.err);
        }
    }
};

void execute(const std::string& path, const std::string& sql) {
    sqlite3* opened = nullptr;
    const int error = sqlite3_open(path.c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{opened, sqlite3_close};
    BOOST_TEST_REQUIRE(error == SQLITE_OK);
    BOOST_TEST_REQUIRE(sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) ==
                       SQLITE_OK);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(bad_store, BadStore)

BOOST_AUTO_TEST_CASE(a_missing_folder_is_named) {
    check_refused((folder / "no/orders.db").string(), {"no", "does not exist"});
}

BOOST_AUTO_TEST_CASE(a_path_that_may_not_be_written_is_named) {
    // Nobody can create a file in /proc, not even root.
    check_refused("/proc/orders.db", {"/proc/orders.db"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_database_is_refused_and_left_alone) {
    const std::string path = folder.file("orders.db", "these are my notes, and no database\n");
    check_refused(path, {"orders.db", "database"});
    BOOST_TEST(test::read_file(path) == "these are my notes, and no database\n");
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_refused) {
    const std::string path = (folder / "orders.db").string();
    execute(path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
    check_refused(path, {"orders.db"});
}

BOOST_AUTO_TEST_CASE(a_store_of_a_newer_schema_is_refused) {
    const std::string path = (folder / "orders.db").string();
    BOOST_TEST_REQUIRE(run(path).exit_code == 0);
    execute(path, "PRAGMA user_version = 9999");
    check_refused(path, {"9999"});
}

BOOST_AUTO_TEST_CASE(an_invalid_store_url_is_refused_with_the_valid_forms) {
    const test::Finished finished = test::order_pipeline({"run", feed, "--store", "orders.db"});
    BOOST_TEST(finished.exit_code == 4);
    BOOST_TEST(finished.err.find("sqlite:PATH") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_hold_books_is_refused) {
    const test::Finished finished =
        test::order_pipeline({"run", feed, "--books",
                              folder.file("books.db", "no books, but a longer text of notes\n")});
    BOOST_TEST(finished.exit_code == 4);
    BOOST_TEST(finished.err.find("books.db") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported_and_the_run_continues_when_there_is_room,
                     *test::where_a_disk_can_be_mounted) {
    test::SmallDisk disk{"size=600k"};
    BOOST_TEST_REQUIRE(disk.mounted());
    const std::string store = (disk.path() / "orders.db").string();
    const std::string books = (folder / "books.db").string();
    const std::string many = folder.file("many", test::generated_feed(600, 4));
    const std::vector<std::string> arguments{"run",     many,  "--store",         "sqlite:" + store,
                                             "--books", books, "--notifications", "/dev/null"};
    const test::Finished full = test::order_pipeline(arguments);
    BOOST_TEST(full.exit_code == 4);
    BOOST_TEST(full.err.find("full") != std::string::npos, full.err);
    BOOST_TEST_REQUIRE(disk.resize("size=64m"));
    const test::Finished roomy = test::order_pipeline(arguments);
    BOOST_TEST(roomy.exit_code == 0, roomy.err);
    BOOST_TEST(roomy.out.find("differ") == std::string::npos, roomy.out);
}

BOOST_AUTO_TEST_SUITE_END()
