#pragma once

/// A store file as version 2 of the schema left it: the statements as they were then, in the form
/// in which SQLite kept them after the migration from version 1.
namespace test {

inline constexpr const char* schema_2 = R"sql(
PRAGMA application_id = 1818391923;
PRAGMA user_version = 2;
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
ALTER TABLE log ADD COLUMN last_timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN begun_first INTEGER;
ALTER TABLE agents ADD COLUMN begun_last INTEGER;
ALTER TABLE agents ADD COLUMN begun_repeated TEXT;
ALTER TABLE agents ADD COLUMN begun_alone INTEGER;
CREATE TABLE ahead (
    agent INTEGER NOT NULL REFERENCES names,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    PRIMARY KEY (agent, first_position)
) WITHOUT ROWID;
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
PRAGMA journal_mode = WAL;
)sql";

/// Six events, of which the first two were pruned, with all of stream B; an agent "worker" with
/// its checkpoint at 4, a range ahead of it, a dead delivery and a parked one behind it, and state;
/// a timer and a request.
inline constexpr const char* content_2 = R"sql(
INSERT INTO names VALUES (1, 'OrderCreatedEvent'), (2, 'Order'), (3, 'worker');
INSERT INTO events VALUES
    (3, x'018bcfe5680070008000000000000003', 1, 1, 2, 'A', 2, 'e2', 'ann', 1700000000000044, NULL, '{"n":3}'),
    (4, x'018bcfe5680070008000000000000004', 1, 1, 2, 'A', 3, 'e1', 'ann', 1700000000000045, NULL, '{"n":4}'),
    (5, x'018bcfe5680070008000000000000005', 1, 1, 2, 'A', 4, 'e2', 'ann', 1700000000000046,
     x'018bcfe5680070008000000000000004', '{"n":5}'),
    (6, x'018bcfe5680070008000000000000006', 1, 1, 2, 'C', 1, 'e2', 'ann', 1700000000000047, NULL, '{"n":6}');
INSERT INTO pruned_streams VALUES (2, 'B', 1);
UPDATE log SET last_position = 6, last_timer = 4;
INSERT INTO agents (agent, start, checkpoint, finished, delivered, discarded, begun_first, begun_last, begun_repeated, begun_alone)
    VALUES (3, 0, 4, 3, 5, 0, 1, 6, '[]', 0);
INSERT INTO ahead VALUES (3, 6, 6);
INSERT INTO deliveries VALUES
    (3, 3, 1, 0, 3, 1, 'A', 0, 4, '[{"at":"2023-11-14T22:13:20.000052Z","kind":"poison","message":"bad"}]'),
    (3, 4, 2, 0, 0, 0, 'A', 0, NULL, '[]');
INSERT INTO states VALUES (3, 'seen', '4'), (3, 'other', '"x"');
INSERT INTO timers VALUES (4, 3, 1700000000000099, x'018bcfe5680070008000000000000009', 1, 1, 2, 'A', 'e1', 'ann',
    1700000000000099, NULL, '{"n":9}');
INSERT INTO requests VALUES (1, 1700000000000050, 'ann', 'fixed', 0, 'worker', 3, NULL, NULL, NULL, '');
)sql";

} // namespace test
