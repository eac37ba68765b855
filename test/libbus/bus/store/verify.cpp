// Each kind of damage that can be done with SQL is found, with the right name.
#include "test/libbus/bus/store/verify_sample.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

using bus::FindingKind;
using test::Sample;

namespace {

struct Damage {
    const char* name;
    const char* sql;
    std::vector<FindingKind> kinds;   ///< all of them must be reported
    const char* afterwards = nullptr; ///< over another connection
};

std::ostream& operator<<(std::ostream& out, const Damage& damage) {
    return out << damage.name;
}

#define NAME(text) "(SELECT id FROM names WHERE name = '" text "')"
#define WORKER NAME("worker")
#define LAST "(SELECT last_position FROM log)"

const std::vector<Damage> damages{
    {"an event is deleted", "DELETE FROM events WHERE position = 4", {FindingKind::event_missing}},
    {"an event in the middle of its stream is deleted",
     "DELETE FROM events WHERE position = (SELECT position FROM events WHERE stream_version = 2 "
     "LIMIT 1)",
     {FindingKind::event_missing, FindingKind::stream_broken}},
    {"the oldest event is deleted",
     "DELETE FROM events WHERE position = 1",
     {FindingKind::event_missing}},
    {"the newest event is deleted",
     "DELETE FROM events WHERE position = " LAST,
     {FindingKind::event_missing}},
    {"all events are deleted", "DELETE FROM events", {FindingKind::event_missing}},
    {"an event's data is changed",
     "UPDATE events SET data = replace(data, 'good', 'evil') WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's data is cut",
     "UPDATE events SET data = substr(data, 1, 9) WHERE position = 3",
     {FindingKind::event_changed, FindingKind::event_invalid}},
    {"an event's user is changed",
     "UPDATE events SET user_id = 'eve' WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's time is changed",
     "UPDATE events SET occurred_at = occurred_at + 1 WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's version is changed",
     "UPDATE events SET event_version = 2 WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's execution is changed",
     "UPDATE events SET execution_id = execution_id || 'x' WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's cause is changed",
     "UPDATE events SET causation_id = (SELECT event_id FROM events WHERE position = 2) "
     "WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's type is changed",
     "UPDATE events SET event_type = " NAME("PongEvent") " WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event's id is changed",
     "UPDATE events SET event_id = randomblob(16) WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event is moved to another stream",
     "UPDATE events SET aggregate_id = 'other' WHERE position = 3",
     {FindingKind::event_changed, FindingKind::stream_broken}},
    {"an event's checksum is removed",
     "UPDATE events SET checksum = NULL WHERE position = 3",
     {FindingKind::event_changed}},
    {"an event is moved behind the end",
     "UPDATE events SET position = 9999 WHERE position = 4",
     {FindingKind::event_moved, FindingKind::event_missing, FindingKind::event_beyond_end}},
    {"two events change places",
     "UPDATE events SET position = -3 WHERE position = 3;"
     "UPDATE events SET position = 3 WHERE position = 4;"
     "UPDATE events SET position = 4 WHERE position = -3",
     {FindingKind::event_moved}},
    {"an event is there twice",
     "DROP INDEX events_by_id; DROP INDEX events_by_stream;"
     "INSERT INTO events SELECT " LAST " + 1, event_id, event_type, event_version, aggregate_type, "
     "aggregate_id, stream_version, execution_id, user_id, occurred_at, causation_id, data, "
     "checksum FROM events WHERE position = 3",
     {FindingKind::event_doubled, FindingKind::schema_changed, FindingKind::stream_broken}},
    {"an event is there again under another id",
     "INSERT INTO events SELECT " LAST " + 1, randomblob(16), event_type, event_version, "
     "aggregate_type, aggregate_id, stream_version + 100, execution_id, user_id, occurred_at, "
     "causation_id, data, checksum FROM events WHERE position = 3;"
     "UPDATE log SET last_position = last_position + 1",
     {FindingKind::event_changed, FindingKind::stream_broken, FindingKind::log_changed}},
    {"a stream has a hole",
     "UPDATE events SET stream_version = stream_version + 5 WHERE position = " LAST,
     {FindingKind::stream_broken, FindingKind::event_changed}},
    {"a cause is deleted, and seen as missing",
     "DELETE FROM events WHERE event_id IN (SELECT causation_id FROM events)",
     {FindingKind::event_missing}},
    {"the last position is too high",
     "UPDATE log SET last_position = last_position + 3",
     {FindingKind::last_position_wrong}},
    {"the last position is too low",
     "UPDATE log SET last_position = last_position - 3",
     {FindingKind::last_position_wrong}},
    {"the row of the log is deleted", "DELETE FROM log", {FindingKind::log_missing}},
    {"the row of the log is changed",
     "UPDATE log SET pruned_through = 2",
     {FindingKind::log_changed}},
    {"a name is changed",
     "UPDATE names SET name = 'PungEvent' WHERE name = 'PongEvent'",
     {FindingKind::name_changed}},
    {"a name is deleted",
     "DELETE FROM names WHERE name = 'PongEvent'",
     {FindingKind::name_missing}},
    {"a checkpoint is ahead",
     "UPDATE agents SET checkpoint = checkpoint + 1 WHERE agent = " WORKER,
     {FindingKind::checkpoint_ahead}},
    {"a checkpoint is beyond the end",
     "UPDATE agents SET checkpoint = checkpoint + 1000 WHERE agent = " WORKER,
     {FindingKind::checkpoint_ahead}},
    {"a checkpoint is behind",
     "UPDATE agents SET checkpoint = checkpoint - 3 WHERE agent = " WORKER,
     {FindingKind::checkpoint_behind}},
    {"a range is deleted",
     "DELETE FROM ahead WHERE first_position = (SELECT max(first_position) FROM ahead)",
     {FindingKind::range_missing}},
    {"a range has a hole",
     "UPDATE ahead SET last_position = last_position - 1 WHERE last_position > first_position",
     {FindingKind::range_changed}},
    {"a range is added",
     "INSERT INTO ahead SELECT agent, max(last_position) + 2, max(last_position) + 3 FROM ahead",
     {FindingKind::range_added}},
    {"a range is added below the checkpoint",
     "INSERT INTO ahead VALUES (" WORKER ", 2, 3)",
     {FindingKind::range_added, FindingKind::range_wrong}},
    {"a range overlaps the next one",
     "UPDATE ahead SET last_position = last_position + 4 "
     "WHERE first_position = (SELECT min(first_position) FROM ahead)",
     {FindingKind::range_changed, FindingKind::range_wrong}},
    {"a range goes beyond the end",
     "UPDATE ahead SET last_position = 5000 "
     "WHERE first_position = (SELECT max(first_position) FROM ahead)",
     {FindingKind::range_changed, FindingKind::range_wrong}},
    {"an agent's count is changed",
     "UPDATE agents SET finished = finished + 1 WHERE agent = " WORKER,
     {FindingKind::agent_changed, FindingKind::conservation_broken}},
    {"an agent's note is changed",
     "UPDATE agents SET begun_last = 7000 WHERE agent = " WORKER,
     {FindingKind::agent_changed, FindingKind::begun_note_wrong}},
    {"an agent's row is deleted",
     "DELETE FROM agents WHERE agent = " WORKER,
     {FindingKind::agent_missing}},
    {"an agent's row is of an earlier time, with its ranges",
     "DELETE FROM ahead; INSERT OR REPLACE INTO agents SELECT * FROM earlier.agents",
     {FindingKind::agent_missing}},
    {"a deferred delivery is deleted",
     "DELETE FROM deliveries WHERE state = 0",
     {FindingKind::conservation_broken, FindingKind::parked_without_blocker}},
    {"a dead delivery is deleted",
     "DELETE FROM deliveries WHERE state = 1",
     {FindingKind::conservation_broken, FindingKind::parked_without_blocker}},
    {"a parked delivery is deleted",
     "DELETE FROM deliveries WHERE position = (SELECT max(position) FROM deliveries)",
     {FindingKind::conservation_broken}},
    {"a delivery's time is changed",
     "UPDATE deliveries SET due = due + 1 WHERE state = 0",
     {FindingKind::delivery_changed}},
    {"a delivery's attempts are changed",
     "UPDATE deliveries SET attempts = '[]' WHERE state = 1",
     {FindingKind::delivery_changed}},
    {"a delivery's attempts cannot be read",
     "UPDATE deliveries SET attempts = 'none' WHERE state = 1",
     {FindingKind::delivery_changed, FindingKind::delivery_invalid}},
    {"a delivery's state is changed",
     "UPDATE deliveries SET state = 0 WHERE state = 1",
     {FindingKind::delivery_changed}},
    {"a delivery's state does not exist",
     "UPDATE deliveries SET state = 7 WHERE state = 1",
     {FindingKind::delivery_changed, FindingKind::delivery_invalid}},
    {"a delivery is moved to another event",
     "UPDATE deliveries SET position = 3 WHERE state = 1",
     {FindingKind::delivery_moved}},
    {"a delivery is moved to an event that is not there",
     "UPDATE deliveries SET position = 777 WHERE state = 1",
     {FindingKind::delivery_moved, FindingKind::delivery_without_event,
      FindingKind::delivery_unsettled}},
    {"a delivery is given to another agent",
     "UPDATE deliveries SET agent = " NAME("sleeper") " WHERE state = 1",
     {FindingKind::delivery_changed, FindingKind::conservation_broken}},
    {"a delivery is doubled",
     "INSERT INTO deliveries SELECT agent, 3, state, due, failures, redrives, sequence, "
     "quarantined, last_kind, attempts, only_state, checksum, after_request FROM deliveries "
     "WHERE state = 1",
     {FindingKind::delivery_moved, FindingKind::conservation_broken}},
    {"the event of a delivery is deleted",
     "DELETE FROM events WHERE position = (SELECT min(position) FROM deliveries)",
     {FindingKind::event_missing, FindingKind::delivery_without_event}},
    {"a state is changed",
     "UPDATE states SET json = '99' WHERE key = 'count/good'",
     {FindingKind::state_changed}},
    {"a state is no JSON",
     "UPDATE states SET json = '{' WHERE key = 'count/good'",
     {FindingKind::state_changed, FindingKind::state_invalid}},
    {"a state is moved to another key",
     "UPDATE states SET key = 'count/bad' WHERE key = 'count/good'",
     {FindingKind::state_changed}},
    {"a state is deleted",
     "DELETE FROM states WHERE key = 'count/good'",
     {FindingKind::state_missing}},
    {"a state is added",
     "INSERT INTO states SELECT agent, 'more', json, checksum FROM states LIMIT 1",
     {FindingKind::state_added, FindingKind::state_changed}},
    {"a timer is changed",
     "UPDATE timers SET due = due - 1000000 WHERE number = 1",
     {FindingKind::timer_changed}},
    {"a timer's event is no JSON",
     "UPDATE timers SET data = 'x' WHERE number = 1",
     {FindingKind::timer_changed, FindingKind::timer_invalid}},
    {"a timer is deleted", "DELETE FROM timers WHERE number = 1", {FindingKind::timer_missing}},
    {"a timer is moved to another number",
     "UPDATE timers SET number = 888 WHERE number = 1",
     {FindingKind::timer_changed, FindingKind::timer_invalid}},
    {"a timer is doubled",
     "INSERT INTO timers SELECT number + 100, agent, due, event_id, event_type, event_version, "
     "aggregate_type, aggregate_id, execution_id, user_id, occurred_at, causation_id, data, "
     "checksum, scheduled_at FROM timers WHERE number = 1",
     {FindingKind::timer_added, FindingKind::timer_changed}},
    {"a request is changed", "UPDATE requests SET who = 'eve'", {FindingKind::request_changed}},
    {"a request is deleted",
     "DELETE FROM requests WHERE number = 1",
     {FindingKind::request_missing}},
    {"all requests are deleted", "DELETE FROM requests", {FindingKind::request_missing}},
    {"a request is added",
     "INSERT INTO requests SELECT number + 100, at, who, why, action, agent, position, kind, "
     "error, "
     "NULL, '', checksum, NULL, state, most, older_than, part_of, forced FROM requests "
     "WHERE number = 1",
     {FindingKind::request_added}},
    {"the answer of a request is changed",
     "UPDATE requests SET result = 'nothing'",
     {FindingKind::request_changed}},
    {"a request that was answered is open again",
     "UPDATE requests SET done_at = NULL, result = '', answer_checksum = NULL",
     {FindingKind::request_changed}},
    {"all requests are deleted, and their count set to none",
     "DELETE FROM requests; UPDATE log SET requests = 0, answers = 0",
     {FindingKind::log_changed}},
    {"a request asks for nothing that exists",
     "UPDATE requests SET action = 99",
     {FindingKind::request_changed, FindingKind::request_invalid}},
    {"a delivery is put before a request",
     "UPDATE deliveries SET after_request = coalesce(after_request, 0) + 1 WHERE state = 1",
     {FindingKind::delivery_changed}},
    {"a request is made part of another one",
     "UPDATE requests SET part_of = number + 1",
     {FindingKind::request_changed}},
    {"a request is forced", "UPDATE requests SET forced = 1", {FindingKind::request_changed}},
    {"a request is limited", "UPDATE requests SET most = 1", {FindingKind::request_changed}},
    {"a request is about another state",
     "UPDATE requests SET state = 2",
     {FindingKind::request_changed}},
    {"a request is about another time",
     "UPDATE requests SET older_than = 1",
     {FindingKind::request_changed}},
    {"requests are said to be pruned",
     "UPDATE log SET pruned_requests = 1",
     {FindingKind::log_changed}},
    {"the note of when an event was stored is changed",
     "UPDATE stored_times SET at = at - 1",
     {FindingKind::log_changed}},
    {"the notes of when events were stored are deleted",
     "DELETE FROM stored_times",
     {FindingKind::log_changed}},
    {"the notes of when events were stored are deleted, and their count set to none",
     "DELETE FROM stored_times; UPDATE log SET stored_times = 0",
     {FindingKind::log_changed}},
    {"an index is dropped", "DROP INDEX events_by_id", {FindingKind::schema_changed}},
    {"a table is gone", "DROP TABLE timers", {FindingKind::schema_changed}},
    {"a trigger of somebody else is there",
     "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events WHERE position = "
     "new.position; END",
     {FindingKind::schema_changed}},
    {"a table of somebody else is there", "CREATE TABLE mine (x)", {FindingKind::schema_changed}},
    {"an index of somebody else is there",
     "CREATE INDEX mine ON events (user_id)",
     {FindingKind::schema_changed}},
    {"a view of somebody else is there",
     "CREATE VIEW mine AS SELECT * FROM events",
     {FindingKind::schema_changed}},
    {"an index does not know a row",
     "CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'events_by_execution';"
     "PRAGMA writable_schema = ON;"
     "DELETE FROM sqlite_schema WHERE name = 'events_by_execution'",
     {FindingKind::index_wrong, FindingKind::event_changed},
     "UPDATE events SET execution_id = 'other' WHERE position = 3;"
     "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM kept"},
};

/// One sample for all tests, because making it takes longer than checking it.
const Sample& sample() {
    static const Sample made;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(verifying)

BOOST_AUTO_TEST_CASE(a_store_that_is_whole_has_no_findings) {
    const bus::VerifyReport report = bus::verify({.path = sample().path()});
    BOOST_TEST(report.clean(), test::told(report));
    BOOST_TEST(report.findings.empty(), test::told(report));
    BOOST_TEST(report.events > 20U);
    BOOST_TEST(report.first_position == 1U);
    BOOST_TEST(report.last_position == report.events);
    BOOST_TEST(report.unchecked_events == 0U);
    BOOST_TEST(report.streams > 4U);
    BOOST_TEST(report.agents == 2U);
    BOOST_TEST(report.deliveries > 3U);
    BOOST_TEST(report.states > 1U);
    BOOST_TEST(report.timers > 1U);
    BOOST_TEST(report.requests > 0U);
}

BOOST_DATA_TEST_CASE(damage_is_found_and_named, boost::unit_test::data::make(damages), damage) {
    const std::filesystem::path db = sample().copy();
    const std::string attach = "ATTACH '" + sample().earlier().string() + "' AS earlier";
    {
        test::Shell shell{db};
        BOOST_REQUIRE(shell.run(attach.c_str()));
        BOOST_REQUIRE(shell.run(damage.sql));
    }
    BOOST_REQUIRE(test::bytes(db) != test::bytes(sample().path()));
    if (damage.afterwards != nullptr) {
        test::Shell shell{db};
        BOOST_REQUIRE(shell.run(damage.afterwards));
    }
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(!report.clean());
    for (const FindingKind kind : damage.kinds) {
        BOOST_TEST(test::has(report, kind),
                   "no finding " << bus::name_of(kind) << " among" << test::told(report));
    }
}

BOOST_AUTO_TEST_CASE(foreign_tables_indexes_and_triggers_are_reported_by_name_and_effect) {
    const std::filesystem::path db = sample().copy();
    BOOST_REQUIRE(
        test::Shell{db}.run("CREATE TABLE mine (x UNIQUE);"
                            "CREATE INDEX slow ON events (user_id);"
                            "CREATE TRIGGER eats AFTER INSERT ON events BEGIN DELETE FROM "
                            "events WHERE position = new.position; END"));
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.damage.at(FindingKind::schema_changed) == 3U, test::told(report));
    BOOST_TEST(report.damage.size() == 1U, test::told(report));
    const std::string told = test::told(report);
    for (const char* words :
         {"table mine was not made by libbus", "index slow on events was not made by libbus",
          "trigger eats on events was not made by libbus", "change or remove rows"}) {
        BOOST_TEST(test::contains(told, words), words << " is not in" << told);
    }
}

BOOST_AUTO_TEST_CASE(tables_that_SQLite_makes_for_itself_are_noted_but_not_damage) {
    const std::filesystem::path db = sample().copy();
    BOOST_REQUIRE(test::Shell{db}.run("CREATE TABLE mine (x INTEGER PRIMARY KEY AUTOINCREMENT);"
                                      "DROP TABLE mine; ANALYZE"));
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(report.clean(), test::told(report));
    BOOST_TEST(!report.findings.empty());
    for (const bus::Finding& finding : report.findings) {
        BOOST_TEST(finding.note, finding.what);
        BOOST_TEST((finding.kind == FindingKind::schema_changed));
    }
}

BOOST_AUTO_TEST_SUITE_END()
