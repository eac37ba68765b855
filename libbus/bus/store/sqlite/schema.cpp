#include <bus/event/codec.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/fill_checksums.hpp>
#include <bus/store/sqlite/schema.hpp>

#include <sqlite3.h>

#include <string>
#include <vector>

namespace bus::sqlite {

namespace {

// docs/decisions/0003-sqlite-schema.md has the reasons and the figures for version 1,
// 0015-store-schema-2.md for version 2, 0016-checksums-and-verify.md for version 3,
// 0024-requests-are-counted.md for version 4, 0027-mixed-files.md and
// 0028-delays-and-the-wall-clock.md for version 5. A statement of a released version is never
// changed.
constexpr const char* create_schema = R"sql(
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    event_type INTEGER NOT NULL REFERENCES names,
    event_version INTEGER NOT NULL,
    aggregate_type INTEGER NOT NULL REFERENCES names,
    aggregate_id TEXT NOT NULL,
    stream_version INTEGER NOT NULL,
    execution_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    causation_id BLOB,
    data TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE UNIQUE INDEX events_by_stream ON events (aggregate_type, aggregate_id, stream_version);
CREATE INDEX events_by_execution ON events (execution_id);
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_position INTEGER NOT NULL
);
INSERT INTO log VALUES (1, 0);
CREATE TABLE agents (
    agent INTEGER PRIMARY KEY REFERENCES names,
    start INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
CREATE TABLE deliveries (
    agent INTEGER NOT NULL REFERENCES names,
    position INTEGER NOT NULL,
    state INTEGER NOT NULL,
    due INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    redrives INTEGER NOT NULL,
    attempts TEXT NOT NULL,
    PRIMARY KEY (agent, position)
) WITHOUT ROWID;
CREATE TABLE states (
    agent INTEGER NOT NULL REFERENCES names,
    key TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (agent, key)
) WITHOUT ROWID;
CREATE VIEW event_log AS
SELECT e.position, lower(hex(e.event_id)) AS event_id, t.name AS event_type, e.event_version,
       a.name AS aggregate_type, e.aggregate_id, e.stream_version, e.execution_id, e.user_id,
       strftime('%Y-%m-%dT%H:%M:%S', e.occurred_at / 1000000, 'unixepoch') || printf('.%06dZ', e.occurred_at % 1000000)
           AS occurred_at,
       lower(hex(e.causation_id)) AS causation_id, e.data
FROM events e JOIN names t ON t.id = e.event_type JOIN names a ON a.id = e.aggregate_type;
)sql";

constexpr const char* durable_agents = R"sql(
ALTER TABLE log ADD COLUMN last_timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN begun_first INTEGER;
ALTER TABLE agents ADD COLUMN begun_last INTEGER;
ALTER TABLE agents ADD COLUMN begun_repeated TEXT;
ALTER TABLE agents ADD COLUMN begun_alone INTEGER;
UPDATE agents SET delivered = finished
    + (SELECT count(*) FROM deliveries WHERE deliveries.agent = agents.agent);
CREATE TABLE ahead (
    agent INTEGER NOT NULL REFERENCES names,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    PRIMARY KEY (agent, first_position)
) WITHOUT ROWID;
ALTER TABLE deliveries RENAME TO deliveries_of_version_1;
CREATE TABLE deliveries (
    agent INTEGER NOT NULL REFERENCES names,
    position INTEGER NOT NULL,
    state INTEGER NOT NULL,
    due INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    redrives INTEGER NOT NULL,
    sequence TEXT NOT NULL,
    quarantined INTEGER NOT NULL,
    last_kind INTEGER,
    attempts TEXT NOT NULL,
    PRIMARY KEY (agent, position)
) WITHOUT ROWID;
INSERT INTO deliveries
    SELECT agent, position, state, due, failures, redrives, '', 0, NULL, attempts
    FROM deliveries_of_version_1;
DROP TABLE deliveries_of_version_1;
CREATE INDEX deliveries_by_state ON deliveries (agent, state, position, quarantined);
CREATE TABLE timers (
    number INTEGER PRIMARY KEY,
    agent INTEGER REFERENCES names,
    due INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    event_type INTEGER NOT NULL REFERENCES names,
    event_version INTEGER NOT NULL,
    aggregate_type INTEGER NOT NULL REFERENCES names,
    aggregate_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    causation_id BLOB,
    data TEXT NOT NULL
);
CREATE INDEX timers_by_due ON timers (due, number);
CREATE TABLE requests (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    action INTEGER NOT NULL,
    agent TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind INTEGER,
    error TEXT,
    done_at INTEGER,
    result TEXT NOT NULL
);
CREATE INDEX requests_open ON requests (number) WHERE done_at IS NULL;
CREATE TABLE pruned_streams (
    aggregate_type INTEGER NOT NULL REFERENCES names,
    aggregate_id TEXT NOT NULL,
    stream_version INTEGER NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
) WITHOUT ROWID;
)sql";

constexpr const char* checksums = R"sql(
ALTER TABLE names ADD COLUMN checksum INTEGER;
ALTER TABLE events ADD COLUMN checksum INTEGER;
ALTER TABLE log ADD COLUMN pruned_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN unchecked_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN pruned_streams INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN timers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN agents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN checksum INTEGER;
ALTER TABLE agents ADD COLUMN states INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN ranges INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN ranges_checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN replay_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN replay_effects INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN replay_live TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN checksum INTEGER;
ALTER TABLE deliveries ADD COLUMN only_state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN checksum INTEGER;
ALTER TABLE states ADD COLUMN checksum INTEGER;
ALTER TABLE timers ADD COLUMN checksum INTEGER;
ALTER TABLE requests ADD COLUMN checksum INTEGER;
ALTER TABLE pruned_streams ADD COLUMN checksum INTEGER;
UPDATE log SET
    pruned_through = coalesce((SELECT min(position) FROM events), last_position + 1) - 1,
    unchecked_through = last_position,
    pruned_streams = (SELECT count(*) FROM pruned_streams),
    timers = (SELECT count(*) FROM timers);
UPDATE agents SET
    states = (SELECT count(*) FROM states WHERE states.agent = agents.agent),
    ranges = (SELECT count(*) FROM ahead WHERE ahead.agent = agents.agent);
)sql";

constexpr const char* counted_requests = R"sql(
ALTER TABLE requests ADD COLUMN answer_checksum INTEGER;
ALTER TABLE log ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN requests_checksum INTEGER;
UPDATE log SET
    requests = (SELECT count(*) FROM requests),
    answers = (SELECT count(*) FROM requests WHERE done_at IS NOT NULL);
)sql";

/// Adds to the row of the log the life of the store and the chain of stamps; adds what operators
/// ask of groups, what retention needs (0031-retention.md), and the time at which a timer was
/// scheduled. In older rows the new columns are NULL, and such a row keeps the checksum that it had
/// without them.
constexpr const char* of_version_5 = R"sql(
ALTER TABLE timers ADD COLUMN scheduled_at INTEGER;
ALTER TABLE log ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN previous INTEGER;
ALTER TABLE log ADD COLUMN stamp INTEGER;
ALTER TABLE log ADD COLUMN stored_times INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN pruned_requests INTEGER;
ALTER TABLE deliveries ADD COLUMN after_request INTEGER;
ALTER TABLE requests ADD COLUMN state INTEGER;
ALTER TABLE requests ADD COLUMN most INTEGER;
ALTER TABLE requests ADD COLUMN older_than INTEGER;
ALTER TABLE requests ADD COLUMN part_of INTEGER;
ALTER TABLE requests ADD COLUMN forced INTEGER;
ALTER TABLE pruned_streams ADD COLUMN at INTEGER;
CREATE TABLE stored_times (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
)sql";

/// In version 1, the kinds of failures were only in the JSON of the attempts.
void note_last_kinds(Connection& connection) {
    const char* const doing = "migrate the deliveries of";

    struct Found {
        std::int64_t agent;
        std::int64_t position;
        std::int64_t kind;
    };

    std::vector<Found> all;
    Statement read{connection, "SELECT agent, position, attempts FROM deliveries", doing};
    for (Statement::Run run = read.run(); run.next();) {
        try {
            const auto attempts = from_json_text<std::vector<AttemptRecord>>(run.text(2));
            if (!attempts.empty()) {
                all.push_back({run.integer(0), run.integer(1),
                               static_cast<std::int64_t>(attempts.back().kind)});
            }
        } catch (const CodecError&) {
            connection.fail(SQLITE_CORRUPT, doing);
        }
    }
    Statement write{connection,
                    "UPDATE deliveries SET last_kind = ?3 WHERE agent = ?1 AND position = ?2",
                    doing};
    for (const Found& found : all) {
        write.execute(found.agent, found.position, found.kind);
    }
}

constexpr Migration all_migrations[] = {
    {create_schema},
    {durable_agents, note_last_kinds},
    {checksums, fill_checksums},
    {counted_requests, fill_request_checksums},
    {of_version_5, fill_generation},
};

/// The first version that has a stamp in the row of the log.
constexpr std::int64_t first_with_stamps = 5;

std::int64_t newest(std::span<const Migration> steps) {
    return static_cast<std::int64_t>(steps.size());
}

std::int64_t version_of(Connection& connection) {
    return connection.integer("PRAGMA user_version", "read the schema version of");
}

[[noreturn]] void refuse_foreign(const Connection& connection) {
    throw StoreError{"cannot use sqlite:" + connection.path().string() +
                     " as a store: it is a SQLite database of another program; it was left as it "
                     "is: name another file"};
}

[[noreturn]] void refuse_newer(const Connection& connection, std::int64_t found,
                               std::int64_t known) {
    throw StoreError{"cannot use sqlite:" + connection.path().string() +
                     ": its schema version is " + std::to_string(found) +
                     ", and this program knows versions up to " + std::to_string(known) +
                     "; it was left as it is: use a newer program, or another file"};
}

} // namespace

std::span<const Migration> migrations() {
    return all_migrations;
}

FileKind inspect(Connection& connection, std::span<const Migration> steps) {
    const char* const doing = "look into";
    const std::int64_t id = connection.integer("PRAGMA application_id", doing);
    const std::int64_t version = version_of(connection);
    const std::int64_t tables = connection.integer("SELECT count(*) FROM sqlite_schema", doing);
    if (id == 0 && version == 0 && tables == 0) {
        return FileKind::empty;
    }
    if (id != application_id) {
        refuse_foreign(connection);
    }
    if (version > newest(steps)) {
        refuse_newer(connection, version, newest(steps));
    }
    return version < newest(steps) ? FileKind::older : FileKind::store;
}

namespace {

/// The trigger, as `the trigger 'x' on its events`; empty if there is none.
std::string find_trigger(const Connection& connection) {
    // The name of the table is spelled as in the statement that created the trigger.
    Statement triggers{
        connection,
        "SELECT name, lower(tbl_name) FROM sqlite_schema WHERE type = 'trigger' "
        "AND lower(tbl_name) IN ('agents', 'ahead', 'deliveries', 'event_log', 'events', 'log', "
        "'names', 'pruned_streams', 'requests', 'states', 'stored_times', 'timers') ORDER BY name "
        "LIMIT 1",
        "look for triggers in"};
    Statement::Run run = triggers.run();
    return run.next() ? "the trigger '" + run.text(0) + "' on its " + run.text(1) : std::string{};
}

} // namespace

void refuse_triggers(const Connection& connection) {
    if (const std::string trigger = find_trigger(connection); !trigger.empty()) {
        throw StoreError{"cannot open sqlite:" + connection.path().string() +
                         " for writing: " + trigger +
                         " was not made by libbus, and may change or remove committed rows; find "
                         "out who made it, run `bus verify` to see what it did, and remove it with "
                         "a SQLite shell: DROP TRIGGER"};
    }
}

TriggerWatch::TriggerWatch(const Connection& connection)
    : connection_{connection},
      schema_version_{connection, "PRAGMA schema_version", "look for triggers in"} {}

void TriggerWatch::look() {
    std::int64_t version = 0;
    {
        Statement::Run run = schema_version_.run();
        version = run.next() ? run.integer(0) : 0;
    }
    if (version != seen_) {
        found_ = find_trigger(connection_);
        seen_ = version;
    }
    if (!found_.empty()) {
        throw StoreError{"another program has made " + found_ +
                         ", in sqlite:" + connection_.path().string() +
                         ": it does not run when libbus writes, and publishing continues; but "
                         "after this run the store cannot be opened for writing until the trigger "
                         "is removed. Find out who made it, run `bus verify` to see what it did, "
                         "and remove it with a SQLite shell: DROP TRIGGER"};
    }
}

void migrate(Connection& connection, std::span<const Migration> steps) {
    while (inspect(connection, steps) != FileKind::store) {
        Transaction transaction{connection};
        // Read again: the program that held the lock until now may have migrated the store.
        const std::int64_t version = version_of(connection);
        if (version < newest(steps)) {
            const Migration& step = steps[static_cast<std::size_t>(version)];
            connection.execute(step.sql, "create or migrate the schema of");
            if (step.then != nullptr) {
                step.then(connection);
            }
            const std::string mark = "PRAGMA application_id = " + std::to_string(application_id) +
                                     "; PRAGMA user_version = " + std::to_string(version + 1);
            connection.execute(mark.c_str(), "mark the schema version of");
            if (version >= first_with_stamps) {
                connection.stamp_commits();
            }
        }
        transaction.commit();
    }
}

} // namespace bus::sqlite
