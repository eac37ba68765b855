#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <fstream>
#include <iterator>

using namespace test;
namespace fs = std::filesystem;

namespace {

std::string open_error(const fs::path& path, bool read_only = false) {
    return store_error([&] { bus::SqliteStore::open({.path = path, .read_only = read_only}); });
}

std::string bytes_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void run_sql(const fs::path& path, const char* sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
    sqlite3_close(handle);
    BOOST_REQUIRE(code == SQLITE_OK);
}

/// The first column of each row.
std::vector<std::string> texts(const fs::path& path, const char* sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    std::vector<std::string> found;
    sqlite3_exec(
        handle, sql,
        [](void* texts, int, char** columns, char**) {
            static_cast<std::vector<std::string>*>(texts)->emplace_back(columns[0]);
            return 0;
        },
        &found, nullptr);
    sqlite3_close(handle);
    return found;
}

/// Gives up the rights of root for a while, because root may write everywhere.
class AsNobody {
public:
    AsNobody() {
        if (::geteuid() == 0) {
            was_root_ = ::seteuid(65'534) == 0;
        }
    }

    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

    ~AsNobody() {
        if (was_root_ && ::seteuid(0) != 0) {
            std::abort();
        }
    }

private:
    bool was_root_ = false;
};

struct Folder {
    TempFolder temp;
    fs::path db = temp.path() / "store.db";

    Folder() { ::chmod(temp.path().c_str(), 0755); }

    void make_store() const {
        constexpr auto mode = static_cast<fs::perms>(0644); // for a process that becomes nobody
        append(*bus::SqliteStore::open({.path = db, .mode = mode}), event(1));
    }

    /// The files in the folder.
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator{temp.path()}) {
            names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(opening_a_sqlite_store, Folder)

BOOST_AUTO_TEST_CASE(a_closed_store_leaves_the_file_and_its_lock_file) {
    make_store();
    const std::vector<std::string> expected{"store.db", "store.db-lock"};
    BOOST_TEST(names() == expected, boost::test_tools::per_element());
    BOOST_TEST(bus::SqliteStore::open({.path = db})->description() ==
               "sqlite:" + fs::canonical(db).string());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_database_is_refused_and_left_alone) {
    for (const std::string& content : {std::string{"order_id;amount\n1;396.00\n"},
                                       std::string(10'000, 'x'), std::string(5'000, '\0')}) {
        std::ofstream{db, std::ios::binary} << content;
        const std::string error = open_error(db);
        BOOST_TEST_CONTEXT(error) {
            BOOST_TEST(contains(error, db.string()));
            BOOST_TEST(contains(error, "not a SQLite database"));
        }
        BOOST_TEST(bytes_of(db) == content);
        BOOST_TEST(names().size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_refused_and_left_alone) {
    for (const char* sql :
         {"CREATE TABLE mine (x)", "PRAGMA journal_mode = WAL; CREATE TABLE y (x)",
          "PRAGMA application_id = 7", "PRAGMA user_version = 3"}) {
        fs::remove(db);
        run_sql(db, sql);
        const std::string before = bytes_of(db);
        const std::string error = open_error(db);
        BOOST_TEST(contains(error, "another program"), error);
        BOOST_TEST(bytes_of(db) == before);
        BOOST_TEST(!fs::exists(db.string() + "-lock"));
    }
}

BOOST_AUTO_TEST_CASE(S15_a_newer_schema_is_refused_with_both_versions_and_left_alone) {
    make_store();
    run_sql(db, "PRAGMA user_version = 42");
    const std::string before = bytes_of(db);
    for (const bool read_only : {false, true}) {
        const std::string error = open_error(db, read_only);
        BOOST_TEST(contains(error, "schema version is 42"), error);
        BOOST_TEST(contains(error, "versions up to 5"), error);
    }
    BOOST_TEST(bytes_of(db) == before);
}

BOOST_AUTO_TEST_CASE(a_path_that_can_hold_no_store_is_refused_with_what_to_do) {
    BOOST_TEST(contains(open_error(""), "name a file"));
    BOOST_TEST(contains(open_error(temp.path()), "it is a folder"));
    const std::string missing = open_error(temp.path() / "none" / "store.db");
    BOOST_TEST(contains(missing, "does not exist; create it first"), missing);
    std::ofstream{temp.path() / "file"} << "x";
    const std::string below_file = open_error(temp.path() / "file" / "store.db");
    BOOST_TEST(contains(below_file, "cannot open the store"), below_file);
    BOOST_TEST(names().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_read_only_file_or_folder_is_refused_for_writing) {
    make_store();
    const std::string before = bytes_of(db);
    const AsNobody nobody;
    if (::geteuid() != 65'534) {
        ::chmod(db.c_str(), 0444);
        ::chmod(temp.path().c_str(), 0555);
    }
    const std::string read_only_file = open_error(db);
    BOOST_TEST(contains(read_only_file, "read-only for this user"), read_only_file);
    const std::string new_file = open_error(temp.path() / "new.db");
    BOOST_TEST(contains(new_file, "may not write"), new_file);
    BOOST_TEST(bytes_of(db) == before);
    ::chmod(temp.path().c_str(), 0755);
}

BOOST_AUTO_TEST_CASE(a_store_with_a_trigger_on_any_of_its_tables_is_refused_for_writing) {
    make_store();
    std::vector<std::string> tables =
        texts(db, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    BOOST_TEST(tables.size() == 11U);
    for (std::string& table : tables) {
        table.front() = static_cast<char>(std::toupper(table.front())); // SQLite ignores case
        run_sql(db,
                ("CREATE TRIGGER eats AFTER INSERT ON " + table + " BEGIN SELECT 1; END").c_str());
        const std::string error = open_error(db);
        BOOST_TEST(contains(error, "the trigger 'eats' on its "), table << ": " << error);
        BOOST_TEST(contains(error, "DROP TRIGGER"), error);
        const auto reader = bus::SqliteStore::open({.path = db, .read_only = true});
        BOOST_TEST(reader->read(0, 10).size() == 1U);
        const std::string asked = store_error([&] { reader->ask({.who = "ann", .why = "test"}); });
        BOOST_TEST(contains(asked, "the trigger 'eats'"), asked);
        run_sql(db, "DROP TRIGGER eats");
    }
    run_sql(db, "CREATE TABLE mine (x);"
                "CREATE TRIGGER harmless AFTER INSERT ON mine BEGIN DELETE FROM mine; END");
    BOOST_TEST(open_error(db) == "");
}

BOOST_AUTO_TEST_CASE(a_trigger_that_is_made_while_a_store_is_open_deletes_nothing) {
    const auto store = bus::SqliteStore::open({.path = db});
    append(*store, event(1));
    run_sql(db, "CREATE TRIGGER eats AFTER INSERT ON events BEGIN DELETE FROM events; END");
    append(*store, event(2));
    BOOST_TEST(store->read(0, 10).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_missing_or_empty_file_cannot_be_read) {
    BOOST_TEST(contains(open_error(db, true), "no such file"));
    BOOST_TEST(!fs::exists(db));
    std::ofstream{db}.flush();
    BOOST_TEST(contains(open_error(db, true), "no store yet"));
    make_store(); // an empty file becomes a store
    BOOST_TEST(open_error(db, true) == "");
}

BOOST_AUTO_TEST_CASE(S13_a_second_writer_is_refused_with_the_first_ones_name) {
    const auto first = bus::SqliteStore::open({.path = db, .program = "first_pipeline"});
    fs::create_symlink(db, temp.path() / "other-name.db");
    for (const fs::path& path :
         {db, temp.path() / "." / "store.db", temp.path() / "other-name.db"}) {
        const std::string error = open_error(path);
        BOOST_TEST(contains(error, "first_pipeline (process " + std::to_string(::getpid()) + ")"),
                   error);
    }
    append(*first, event(1));
}

BOOST_AUTO_TEST_CASE(S13_the_next_writer_may_open_once_the_first_has_closed) {
    bus::SqliteStore::open({.path = db, .program = "first"}).reset();
    const auto second = bus::SqliteStore::open({.path = db});
    const std::string error = open_error(db);
    BOOST_TEST(contains(error, program_invocation_short_name), error);
}

BOOST_AUTO_TEST_CASE(S13_a_read_only_opening_works_beside_the_writer) {
    const auto writer = bus::SqliteStore::open({.path = db});
    append(*writer, event(1));
    const auto reader = bus::SqliteStore::open({.path = db, .read_only = true});
    BOOST_TEST(reader->last_position() == 1U);
    append(*writer, event(2));
    BOOST_TEST(reader->last_position() == 2U);
    BOOST_TEST(reader->read(0, 10).size() == 2U);
    const std::string error = store_error([&] { append(*reader, event(3)); });
    BOOST_TEST(contains(error, "read-only"), error);
}

BOOST_AUTO_TEST_CASE(a_closed_store_is_read_without_a_writer) {
    make_store();
    const auto reader = bus::SqliteStore::open({.path = db, .read_only = true});
    BOOST_TEST(reader->read(0, 10).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
