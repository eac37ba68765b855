#include <bus/store/sqlite/schema.hpp>

#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace test;
using namespace bus::sqlite;

namespace {

constexpr std::array three_steps{Migration{"CREATE TABLE a (x); INSERT INTO a VALUES (1)"},
                                 Migration{"ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1"},
                                 Migration{"CREATE TABLE c AS SELECT x + y AS z FROM a"}};
constexpr std::array broken_second{three_steps[0], Migration{"CREATE TABLE b (x); NO SUCH SQL"}};

struct File {
    TempFolder folder;
    Connection connection{folder.path() / "store.db", Access::read_write,
                          std::chrono::milliseconds{100}};

    std::int64_t number(const char* sql) { return connection.integer(sql, "ask"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(schema_of_a_sqlite_store, File)

BOOST_AUTO_TEST_CASE(a_new_file_goes_through_all_migrations) {
    BOOST_TEST((inspect(connection, three_steps) == FileKind::empty));
    migrate(connection, three_steps);
    BOOST_TEST((inspect(connection, three_steps) == FileKind::store));
    BOOST_TEST(number("PRAGMA user_version") == 3);
    BOOST_TEST(number("PRAGMA application_id") == application_id);
    BOOST_TEST(number("SELECT z FROM c") == 3);
}

BOOST_AUTO_TEST_CASE(S15_an_older_file_is_migrated_from_where_it_is) {
    migrate(connection, std::span{three_steps}.first(1));
    connection.execute("UPDATE a SET x = 10", "change");
    BOOST_TEST((inspect(connection, three_steps) == FileKind::older));
    migrate(connection, three_steps);
    BOOST_TEST(number("SELECT z FROM c") == 21);
    migrate(connection, three_steps);
    BOOST_TEST(number("PRAGMA user_version") == 3);
}

BOOST_AUTO_TEST_CASE(S15_a_migration_that_fails_leaves_the_version_before_it) {
    BOOST_CHECK_THROW(migrate(connection, broken_second), bus::StoreError);
    BOOST_TEST(number("PRAGMA user_version") == 1);
    BOOST_TEST(number("SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0);
    migrate(connection, three_steps);
    BOOST_TEST(number("SELECT z FROM c") == 3);
}

BOOST_AUTO_TEST_CASE(the_log_can_be_read_by_people) {
    migrate(connection);
    connection.execute("INSERT INTO names (id, name) VALUES (1, 'OrderCreatedEvent'), (2, 'Order');"
                       "INSERT INTO events VALUES (1, x'01', 1, 1, 2, 'A-1', 1, 'e', 'u', "
                       "1700000000000042, NULL, '{}', NULL)",
                       "fill");
    BOOST_TEST(connection.text("SELECT event_type || ' ' || occurred_at FROM event_log", "ask") ==
               "OrderCreatedEvent 2023-11-14T22:13:20.000042Z");
}

BOOST_AUTO_TEST_SUITE_END()
