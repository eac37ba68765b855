#pragma once

/// A store file as version 3 of the schema left it, in the form in which SQLite kept the statements
/// after the migrations before it.
namespace test {

inline constexpr const char* schema_3 = R"sql(
PRAGMA application_id = 1818391923;
PRAGMA user_version = 3;
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
, checksum INTEGER);
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
, checksum INTEGER);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE UNIQUE INDEX events_by_stream ON events (aggregate_type, aggregate_id, stream_version);
CREATE INDEX events_by_execution ON events (execution_id);
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_position INTEGER NOT NULL
, last_timer INTEGER NOT NULL DEFAULT 0, pruned_through INTEGER NOT NULL DEFAULT 0, unchecked_through INTEGER NOT NULL DEFAULT 0, pruned_streams INTEGER NOT NULL DEFAULT 0, timers INTEGER NOT NULL DEFAULT 0, agents INTEGER NOT NULL DEFAULT 0, checksum INTEGER);
CREATE TABLE agents (
    agent INTEGER PRIMARY KEY REFERENCES names,
    start INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL,
    finished INTEGER NOT NULL
, delivered INTEGER NOT NULL DEFAULT 0, discarded INTEGER NOT NULL DEFAULT 0, begun_first INTEGER, begun_last INTEGER, begun_repeated TEXT, begun_alone INTEGER, states INTEGER NOT NULL DEFAULT 0, ranges INTEGER NOT NULL DEFAULT 0, ranges_checksum INTEGER NOT NULL DEFAULT 0, replay_through INTEGER NOT NULL DEFAULT 0, replay_effects INTEGER NOT NULL DEFAULT 0, replay_live TEXT NOT NULL DEFAULT '[]', checksum INTEGER);
CREATE TABLE states (
    agent INTEGER NOT NULL REFERENCES names,
    key TEXT NOT NULL,
    json TEXT NOT NULL, checksum INTEGER,
    PRIMARY KEY (agent, key)
) WITHOUT ROWID;
CREATE VIEW event_log AS
SELECT e.position, lower(hex(e.event_id)) AS event_id, t.name AS event_type, e.event_version,
       a.name AS aggregate_type, e.aggregate_id, e.stream_version, e.execution_id, e.user_id,
       strftime('%Y-%m-%dT%H:%M:%S', e.occurred_at / 1000000, 'unixepoch') || printf('.%06dZ', e.occurred_at % 1000000)
           AS occurred_at,
       lower(hex(e.causation_id)) AS causation_id, e.data
FROM events e JOIN names t ON t.id = e.event_type JOIN names a ON a.id = e.aggregate_type;
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
    attempts TEXT NOT NULL, only_state INTEGER NOT NULL DEFAULT 0, checksum INTEGER,
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
, checksum INTEGER);
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
, checksum INTEGER);
CREATE INDEX requests_open ON requests (number) WHERE done_at IS NULL;
CREATE TABLE pruned_streams (
    aggregate_type INTEGER NOT NULL REFERENCES names,
    aggregate_id TEXT NOT NULL,
    stream_version INTEGER NOT NULL, checksum INTEGER,
    PRIMARY KEY (aggregate_type, aggregate_id)
) WITHOUT ROWID;
PRAGMA journal_mode = WAL;
)sql";

/// The content of version 2 after its migration, to which one event and a command were added: three
/// requests, of which the first is open, the second was answered before there were checksums, and
/// the third has a checksum of what was asked.
inline constexpr const char* content_3 = R"sql(
INSERT INTO names VALUES (1,'OrderCreatedEvent',-2468092728165466481);
INSERT INTO names VALUES (2,'Order',-4713609185989857471);
INSERT INTO names VALUES (3,'worker',-2807869661258273532);
INSERT INTO events VALUES (3,X'018bcfe5680070008000000000000003',1,1,2,'A',2,'e2','ann',1700000000000044,NULL,
    '{"n":3}',NULL);
INSERT INTO events VALUES (4,X'018bcfe5680070008000000000000004',1,1,2,'A',3,'e1','ann',1700000000000045,NULL,
    '{"n":4}',NULL);
INSERT INTO events VALUES (5,X'018bcfe5680070008000000000000005',1,1,2,'A',4,'e2','ann',1700000000000046,
    X'018bcfe5680070008000000000000004','{"n":5}',NULL);
INSERT INTO events VALUES (6,X'018bcfe5680070008000000000000006',1,1,2,'C',1,'e2','ann',1700000000000047,NULL,
    '{"n":6}',NULL);
INSERT INTO events VALUES (7,X'018bcfe5680070008000000000000007',1,1,2,'A',5,'e3','bob',1700000000000060,NULL,
    '{"n":7}',-8950282164527672336);
INSERT INTO pruned_streams VALUES (2,'B',1,-3122248164303409524);
INSERT INTO log VALUES (1,7,4,2,6,1,1,-419076223505520252,-8418407859122139051);
INSERT INTO agents VALUES (3,0,4,3,5,1,1,6,'[]',0,2,1,-5450482011403471327,0,0,'[]',-419076223505520252);
INSERT INTO ahead VALUES (3,6,6);
INSERT INTO deliveries VALUES (3,3,1,0,3,1,'A',0,4,
    '[{"at":"2023-11-14T22:13:20.000052Z","kind":"poison","message":"bad"}]',0,-452096806804216379);
INSERT INTO states VALUES (3,'other','"x"',6668799334359414436);
INSERT INTO states VALUES (3,'seen','4',8839935153046329751);
INSERT INTO timers VALUES (4,3,1700000000000099,X'018bcfe5680070008000000000000009',1,1,2,'A','e1','ann',
    1700000000000099,NULL,'{"n":9}',8915685427379049772);
INSERT INTO requests VALUES (1,1700000000000050,'ann','fixed',0,'worker',3,NULL,NULL,NULL,'',NULL);
INSERT INTO requests VALUES (2,1700000000000051,'bob','gone',1,'worker',2,NULL,NULL,1700000000000053,'1 discarded',
    NULL);
INSERT INTO requests VALUES (3,0,'bob','gone',1,'worker',4,NULL,NULL,0,'discarded',-9043660714972655215);
)sql";

} // namespace test
