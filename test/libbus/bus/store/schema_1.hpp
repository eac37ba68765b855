#pragma once

/// A store file as version 1 of the schema left it: the statements as they were then.
namespace test {

inline constexpr const char* schema_1 = R"sql(
PRAGMA application_id = 1818391923;
PRAGMA user_version = 1;
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
PRAGMA journal_mode = WAL;
)sql";

/// Five events of two streams; an agent "worker" that has reached the fourth, with one delivery
/// deferred and one dead; an agent "idle".
inline constexpr const char* content_1 = R"sql(
INSERT INTO names VALUES (1, 'OrderCreatedEvent'), (2, 'Order'), (3, 'worker'), (4, 'idle');
INSERT INTO events VALUES
    (1, x'018bcfe5680070008000000000000001', 1, 1, 2, 'A', 1, 'e1', 'ann', 1700000000000042, NULL, '{"n":1}'),
    (2, x'018bcfe5680070008000000000000002', 1, 1, 2, 'A', 2, 'e1', 'ann', 1700000000000043, NULL, '{"n":2}'),
    (3, x'018bcfe5680070008000000000000003', 1, 1, 2, 'B', 1, 'e2', 'ann', 1700000000000044,
     x'018bcfe5680070008000000000000002', '{"n":3}'),
    (4, x'018bcfe5680070008000000000000004', 1, 1, 2, 'A', 3, 'e1', 'ann', 1700000000000045, NULL, '{"n":4}'),
    (5, x'018bcfe5680070008000000000000005', 1, 1, 2, 'B', 2, 'e2', 'ann', 1700000000000046, NULL, '{"n":5}');
UPDATE log SET last_position = 5;
INSERT INTO agents VALUES (3, 0, 4, 2), (4, 5, 5, 0);
INSERT INTO deliveries VALUES
    (3, 2, 0, 1700000000000099, 0, 0,
     '[{"at":"2023-11-14T22:13:20.000050Z","kind":"transient","message":"x"},{"at":"2023-11-14T22:13:20.000051Z","kind":"not_ready","message":"later"}]'),
    (3, 3, 1, 0, 3, 1, '[{"at":"2023-11-14T22:13:20.000052Z","kind":"poison","message":"bad"}]');
INSERT INTO states VALUES (3, 'seen', '4'), (3, 'other', '"x"');
)sql";

} // namespace test
