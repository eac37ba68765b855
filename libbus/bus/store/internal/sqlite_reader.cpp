#include <bus/event/codec.hpp>
#include <bus/store/internal/sqlite_reader.hpp>

#include <sqlite3.h>

#include <limits>

namespace bus::sqlite {

namespace {

constexpr const char* reading = "read events from";
constexpr const char* reading_agents = "read what agents keep in";

#define LIBBUS_EVENT_COLUMNS                                                                       \
    "SELECT position, event_id, event_type, event_version, aggregate_type, aggregate_id, "         \
    "stream_version, execution_id, user_id, occurred_at, causation_id, data FROM events "
#define LIBBUS_DELIVERIES                                                                          \
    "SELECT position, state, due, failures, redrives, attempts FROM deliveries "
#define LIBBUS_NAME_ID "(SELECT id FROM names WHERE name = ?1)"

constexpr const char* page_sql =
    LIBBUS_EVENT_COLUMNS "WHERE position > ?1 ORDER BY position LIMIT ?2";
constexpr const char* page_of_type_sql =
    LIBBUS_EVENT_COLUMNS "NOT INDEXED WHERE event_type = " LIBBUS_NAME_ID
                         " AND position > ?2 ORDER BY position LIMIT ?3";
constexpr const char* page_of_execution_sql =
    LIBBUS_EVENT_COLUMNS "INDEXED BY events_by_execution WHERE execution_id = ?1 "
                         "AND position > ?2 ORDER BY position LIMIT ?3";
constexpr const char* page_of_stream_sql =
    LIBBUS_EVENT_COLUMNS "INDEXED BY events_by_stream WHERE aggregate_type = " LIBBUS_NAME_ID
                         " AND aggregate_id = ?2 AND stream_version > ?3 "
                         "ORDER BY stream_version LIMIT ?4";
constexpr const char* by_id_sql = LIBBUS_EVENT_COLUMNS "WHERE event_id = ?1";
constexpr const char* agent_sql =
    "SELECT agent, start, checkpoint, finished FROM agents WHERE agent = " LIBBUS_NAME_ID;
constexpr const char* agents_sql = "SELECT n.name, a.start, a.checkpoint, a.finished FROM agents a "
                                   "JOIN names n ON n.id = a.agent ORDER BY n.name";
constexpr const char* deliveries_sql =
    LIBBUS_DELIVERIES "WHERE agent = " LIBBUS_NAME_ID " AND state = ?2 ORDER BY position";
constexpr const char* delivery_sql =
    LIBBUS_DELIVERIES "WHERE agent = " LIBBUS_NAME_ID " AND position = ?2";
constexpr const char* state_sql =
    "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID " AND key = ?2";
constexpr const char* states_sql = "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID
                                   " AND key >= ?2 AND key < ?3 ORDER BY key";
constexpr const char* states_to_end_sql =
    "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID " AND key >= ?2 ORDER BY key";

#undef LIBBUS_EVENT_COLUMNS
#undef LIBBUS_DELIVERIES
#undef LIBBUS_NAME_ID

/// The first key after all that begin with `prefix`; empty: there is none.
std::string after_prefix(std::string_view prefix) {
    std::string end{prefix};
    while (!end.empty() && end.back() == '\xff') {
        end.pop_back();
    }
    if (!end.empty()) {
        end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    }
    return end;
}

} // namespace

Reader::Reader(Connection& connection)
    : connection_{connection},
      last_position_{connection, "SELECT last_position FROM log", reading},
      page_{connection, page_sql, reading},
      page_of_type_{connection, page_of_type_sql, reading},
      page_of_execution_{connection, page_of_execution_sql, reading},
      page_of_stream_{connection, page_of_stream_sql, reading},
      by_id_{connection, by_id_sql, reading},
      name_{connection, "SELECT name FROM names WHERE id = ?1", reading},
      agent_{connection, agent_sql, reading_agents},
      agents_{connection, agents_sql, reading_agents},
      deliveries_{connection, deliveries_sql, reading_agents},
      delivery_{connection, delivery_sql, reading_agents},
      state_{connection, state_sql, reading_agents},
      states_{connection, states_sql, reading_agents},
      states_to_end_{connection, states_to_end_sql, reading_agents} {}

Position Reader::last_position() {
    Statement::Run run = last_position_.run();
    return run.next() ? run.number(0) : 0;
}

std::vector<StoredEvent> Reader::read(Position after, std::size_t limit) {
    return events(page_.run(after, std::uint64_t{limit}));
}

std::vector<StoredEvent> Reader::read_type(std::string_view event_type, Position after,
                                           std::size_t limit) {
    return events(page_of_type_.run(event_type, after, std::uint64_t{limit}));
}

std::vector<StoredEvent> Reader::read_execution(std::string_view execution_id, Position after,
                                                std::size_t limit) {
    return events(page_of_execution_.run(execution_id, after, std::uint64_t{limit}));
}

std::vector<StoredEvent> Reader::read_stream(std::string_view aggregate_type,
                                             std::string_view aggregate_id,
                                             std::uint64_t after_version, std::size_t limit) {
    return events(
        page_of_stream_.run(aggregate_type, aggregate_id, after_version, std::uint64_t{limit}));
}

std::optional<StoredEvent> Reader::find(const Uuid& event_id) {
    Statement::Run run = by_id_.run(event_id);
    if (!run.next()) {
        return std::nullopt;
    }
    return event(run);
}

std::optional<AgentRecord> Reader::agent(std::string_view name) {
    Statement::Run run = agent_.run(name);
    if (!run.next()) {
        return std::nullopt;
    }
    return AgentRecord{std::string{name}, run.number(1), run.number(2), run.number(3)};
}

std::vector<AgentRecord> Reader::agents() {
    std::vector<AgentRecord> records;
    Statement::Run run = agents_.run();
    while (run.next()) {
        records.push_back({run.text(0), run.number(1), run.number(2), run.number(3)});
    }
    return records;
}

std::vector<DeliveryRecord> Reader::deliveries(std::string_view agent, DeliveryState state) {
    std::vector<DeliveryRecord> records;
    Statement::Run run = deliveries_.run(agent, static_cast<std::int64_t>(state));
    while (run.next()) {
        records.push_back(delivery(run, agent));
    }
    return records;
}

std::optional<DeliveryRecord> Reader::delivery(std::string_view agent, Position position) {
    Statement::Run run = delivery_.run(agent, position);
    if (!run.next()) {
        return std::nullopt;
    }
    return delivery(run, agent);
}

std::optional<StateRecord> Reader::state(std::string_view agent, std::string_view key) {
    Statement::Run run = state_.run(agent, key);
    if (!run.next()) {
        return std::nullopt;
    }
    return StateRecord{run.text(0), run.text(1)};
}

std::vector<StateRecord> Reader::states(std::string_view agent, std::string_view prefix) {
    const std::string end = after_prefix(prefix);
    std::vector<StateRecord> records;
    Statement::Run run =
        end.empty() ? states_to_end_.run(agent, prefix) : states_.run(agent, prefix, end);
    while (run.next()) {
        records.push_back({run.text(0), run.text(1)});
    }
    return records;
}

std::vector<StoredEvent> Reader::events(Statement::Run run) {
    std::vector<StoredEvent> result;
    while (run.next()) {
        result.push_back(event(run));
    }
    return result;
}

StoredEvent Reader::event(const Statement::Run& run) {
    StoredEvent event;
    event.position = run.number(0);
    event.stream_version = run.number(6);
    EventRecord& record = event.record;
    record.event_id = run.uuid(1);
    record.event_type = name(run.integer(2));
    record.event_version = static_cast<std::uint32_t>(run.integer(3));
    record.aggregate_type = name(run.integer(4));
    record.aggregate_id = run.text(5);
    record.execution_id = run.text(7);
    record.user_id = run.text(8);
    record.occurred_at = Timestamp{Duration{run.integer(9)}};
    record.causation_id = run.uuid(10);
    record.data = run.text(11);
    return event;
}

DeliveryRecord Reader::delivery(const Statement::Run& run, std::string_view agent) const {
    DeliveryRecord record;
    record.agent = agent;
    record.position = run.number(0);
    const std::int64_t state = run.integer(1);
    if (state != static_cast<std::int64_t>(DeliveryState::deferred) &&
        state != static_cast<std::int64_t>(DeliveryState::dead)) {
        connection_.fail(SQLITE_CORRUPT, reading_agents);
    }
    record.state = static_cast<DeliveryState>(state);
    record.due = Timestamp{Duration{run.integer(2)}};
    record.failures = static_cast<std::uint32_t>(run.integer(3));
    record.redrives = static_cast<std::uint32_t>(run.integer(4));
    try {
        record.attempts = from_json_text<std::vector<AttemptRecord>>(run.text(5));
    } catch (const CodecError&) {
        connection_.fail(SQLITE_CORRUPT, reading_agents);
    }
    return record;
}

const std::string& Reader::name(std::int64_t id) {
    if (const auto known = names_.find(id); known != names_.end()) {
        return known->second;
    }
    Statement::Run run = name_.run(id);
    if (!run.next()) {
        connection_.fail(SQLITE_CORRUPT, reading); // an event of a name that is not there
    }
    return names_.emplace(id, run.text(0)).first->second;
}

} // namespace bus::sqlite
