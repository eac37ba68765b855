#include <bus/event/codec.hpp>
#include <bus/store/sqlite/agent_reader.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <limits>

namespace bus::sqlite {

namespace {

constexpr const char* reading_agents = "read what agents keep in";
constexpr const char* reading_requests = "read the requests in";

#define LIBBUS_NAME_ID "(SELECT id FROM names WHERE name = ?1)"
#define LIBBUS_AGENTS                                                                              \
    "SELECT n.name, a.start, a.checkpoint, a.delivered, a.finished, a.discarded, "                 \
    "r.first_position, r.last_position, a.replay_through, a.replay_effects, a.replay_live "        \
    "FROM agents a JOIN names n ON n.id = a.agent "                                                \
    "LEFT JOIN ahead r ON r.agent = a.agent "
#define LIBBUS_DELIVERIES                                                                          \
    "SELECT position, state, due, failures, redrives, sequence, quarantined, attempts, "           \
    "only_state, after_request "                                                                   \
    "FROM deliveries WHERE agent = " LIBBUS_NAME_ID
#define LIBBUS_COUNT(condition)                                                                    \
    "(SELECT count(*) FROM deliveries d WHERE d.agent = a.agent AND " condition ")"
#define LIBBUS_REQUESTS                                                                            \
    "SELECT number, at, who, why, action, agent, position, kind, error, done_at, result, state, "  \
    "most, older_than, part_of, forced FROM requests WHERE number "

constexpr const char* agent_sql =
    LIBBUS_AGENTS "WHERE a.agent = " LIBBUS_NAME_ID " ORDER BY r.first_position";
constexpr const char* agents_sql = LIBBUS_AGENTS "ORDER BY n.name, r.first_position";
constexpr const char* deliveries_sql =
    LIBBUS_DELIVERIES " AND state = ?2 AND position > ?3 ORDER BY position LIMIT ?4";
constexpr const char* delivery_sql = LIBBUS_DELIVERIES " AND position = ?2";
constexpr const char* briefs_sql =
    "SELECT position, state, due, sequence, last_kind, only_state FROM deliveries "
    "WHERE agent = " LIBBUS_NAME_ID " ORDER BY position";
constexpr const char* count_waiting_sql =
    "SELECT n.name, e.event_version, sum(d.state = 0), sum(d.state = 0 AND d.due = ?2), "
    "sum(d.state = 2), sum(d.state = 1) FROM deliveries d JOIN events e ON e.position = d.position "
    "JOIN names n ON n.id = e.event_type WHERE d.agent = " LIBBUS_NAME_ID
    " GROUP BY n.name, e.event_version ORDER BY n.name, e.event_version";
constexpr const char* begun_sql =
    "SELECT begun_first, begun_last, begun_repeated, begun_alone FROM agents "
    "WHERE agent = " LIBBUS_NAME_ID;
constexpr const char* state_sql =
    "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID " AND key = ?2";
constexpr const char* states_sql = "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID
                                   " AND key >= ?2 AND key < ?3 ORDER BY key LIMIT ?4";
constexpr const char* states_to_end_sql =
    "SELECT key, json FROM states WHERE agent = " LIBBUS_NAME_ID
    " AND key >= ?2 ORDER BY key LIMIT ?3";
// clang-format off
constexpr const char* conservation_sql =
    "SELECT n.name, a.delivered, a.finished, a.discarded, "
    LIBBUS_COUNT("d.state = 0") ", "
    LIBBUS_COUNT("d.state = 2") ", "
    LIBBUS_COUNT("d.state = 1") ", "
    LIBBUS_COUNT("d.state = 1 AND d.quarantined != 0")
    " FROM agents a JOIN names n ON n.id = a.agent ORDER BY n.name";
// clang-format on
constexpr const char* requests_sql = LIBBUS_REQUESTS "> ?1 ORDER BY number LIMIT ?2";
constexpr const char* open_requests_sql =
    LIBBUS_REQUESTS "> ?1 AND done_at IS NULL ORDER BY number LIMIT ?2";
constexpr const char* newest_requests_sql =
    LIBBUS_REQUESTS "< ?1 AND (?3 = 0 OR done_at IS NULL) ORDER BY number DESC LIMIT ?2";

#undef LIBBUS_NAME_ID
#undef LIBBUS_AGENTS
#undef LIBBUS_DELIVERIES
#undef LIBBUS_COUNT
#undef LIBBUS_REQUESTS

/// The first key after all keys that begin with `prefix`; empty if there is none.
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

/// Reads rows of agents, one row for each range, into one record for each agent.
std::vector<AgentRecord> agents_of(const Connection& connection, Statement::Run run) {
    std::vector<AgentRecord> records;
    while (run.next()) {
        std::string name = run.text(0);
        if (records.empty() || records.back().name != name) {
            records.push_back({.name = std::move(name),
                               .start = run.number(1),
                               .checkpoint = run.number(2),
                               .ahead = {},
                               .delivered = run.number(3),
                               .finished = run.number(4),
                               .discarded = run.number(5),
                               .replay = replay_note(connection, run, 8)});
        }
        if (!run.is_null(6)) {
            records.back().ahead.push_back({run.number(6), run.number(7)});
        }
    }
    return records;
}

} // namespace

AgentReader::AgentReader(Connection& connection)
    : connection_{connection},
      agent_{connection, agent_sql, reading_agents},
      agents_{connection, agents_sql, reading_agents},
      deliveries_{connection, deliveries_sql, reading_agents},
      delivery_{connection, delivery_sql, reading_agents},
      briefs_{connection, briefs_sql, reading_agents},
      begun_{connection, begun_sql, reading_agents},
      state_{connection, state_sql, reading_agents},
      states_{connection, states_sql, reading_agents},
      states_to_end_{connection, states_to_end_sql, reading_agents},
      count_waiting_{connection, count_waiting_sql, reading_agents},
      conservation_{connection, conservation_sql, reading_agents},
      requests_{connection, requests_sql, reading_requests},
      open_requests_{connection, open_requests_sql, reading_requests},
      newest_requests_{connection, newest_requests_sql, reading_requests} {}

std::optional<AgentRecord> AgentReader::agent(std::string_view name) {
    std::vector<AgentRecord> found = agents_of(connection_, agent_.run(name));
    return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

std::vector<AgentRecord> AgentReader::agents() {
    return agents_of(connection_, agents_.run());
}

std::vector<DeliveryRecord> AgentReader::deliveries(std::string_view agent, DeliveryState state,
                                                    Position after, std::size_t limit) {
    std::vector<DeliveryRecord> records;
    Statement::Run run =
        deliveries_.run(agent, static_cast<std::int64_t>(state), after, std::uint64_t{limit});
    while (run.next()) {
        records.push_back(delivery(run, agent));
    }
    return records;
}

std::optional<DeliveryRecord> AgentReader::delivery(std::string_view agent, Position position) {
    Statement::Run run = delivery_.run(agent, position);
    if (!run.next()) {
        return std::nullopt;
    }
    return delivery(run, agent);
}

std::vector<DeliveryBrief> AgentReader::delivery_briefs(std::string_view agent) {
    std::vector<DeliveryBrief> briefs;
    Statement::Run run = briefs_.run(agent);
    while (run.next()) {
        const bool not_ready =
            !run.is_null(4) && run.integer(4) == static_cast<std::int64_t>(FailureKind::not_ready);
        briefs.push_back({.position = run.number(0),
                          .state = delivery_state(run.integer(1)),
                          .due = Timestamp{Duration{run.integer(2)}},
                          .sequence = run.text(3),
                          .not_ready = not_ready,
                          .only_state = run.integer(5) != 0});
    }
    return briefs;
}

std::optional<BegunNote> AgentReader::begun(std::string_view agent) {
    Statement::Run run = begun_.run(agent);
    return run.next() ? begun_note(connection_, run, 0) : std::nullopt;
}

std::optional<StateRecord> AgentReader::state(std::string_view agent, std::string_view key) {
    Statement::Run run = state_.run(agent, key);
    if (!run.next()) {
        return std::nullopt;
    }
    return StateRecord{run.text(0), run.text(1)};
}

std::vector<StateRecord> AgentReader::states(std::string_view agent, std::string_view prefix,
                                             std::string_view after_key, std::size_t limit) {
    const std::string end = after_prefix(prefix);
    std::string first{prefix};
    if (!after_key.empty() && after_key >= prefix) {
        first.assign(after_key).push_back('\0'); // the smallest key after it
    }
    const std::uint64_t most = limit;
    std::vector<StateRecord> records;
    Statement::Run run =
        end.empty() ? states_to_end_.run(agent, std::string_view{first}, most)
                    : states_.run(agent, std::string_view{first}, std::string_view{end}, most);
    while (run.next()) {
        records.push_back({run.text(0), run.text(1)});
    }
    return records;
}

std::vector<WaitingCount> AgentReader::count_waiting(std::string_view agent) {
    std::vector<WaitingCount> counts;
    const std::int64_t newer = due_in_newer_program.time_since_epoch().count();
    for (Statement::Run run = count_waiting_.run(agent, newer); run.next();) {
        counts.push_back({.event_type = run.text(0),
                          .event_version = static_cast<std::uint32_t>(run.integer(1)),
                          .deferred = run.number(2),
                          .newer = run.number(3),
                          .parked = run.number(4),
                          .dead = run.number(5)});
    }
    return counts;
}

std::vector<Conservation> AgentReader::conservation() {
    std::vector<Conservation> accounts;
    Statement::Run run = conservation_.run();
    while (run.next()) {
        accounts.push_back({.agent = run.text(0),
                            .delivered = run.number(1),
                            .finished = run.number(2),
                            .discarded = run.number(3),
                            .deferred = run.number(4),
                            .parked = run.number(5),
                            .dead = run.number(6),
                            .quarantined = run.number(7)});
    }
    return accounts;
}

std::vector<RequestRecord> AgentReader::requests(std::uint64_t after, std::size_t limit,
                                                 bool open_only) {
    std::vector<RequestRecord> records;
    Statement& statement = open_only ? open_requests_ : requests_;
    Statement::Run run = statement.run(after, std::uint64_t{limit});
    while (run.next()) {
        records.push_back(request(run));
    }
    return records;
}

std::vector<RequestRecord> AgentReader::newest_requests(std::uint64_t before, std::size_t limit,
                                                        bool open_only) {
    std::vector<RequestRecord> records;
    const std::uint64_t end = before == 0 ? std::numeric_limits<std::uint64_t>::max() : before;
    Statement::Run run =
        newest_requests_.run(end, std::uint64_t{limit}, std::int64_t{open_only ? 1 : 0});
    while (run.next()) {
        records.push_back(request(run));
    }
    return records;
}

DeliveryState AgentReader::delivery_state(std::int64_t number) const {
    if (number < 0 || number > static_cast<std::int64_t>(DeliveryState::parked)) {
        connection_.fail(SQLITE_CORRUPT, reading_agents);
    }
    return static_cast<DeliveryState>(number);
}

DeliveryRecord AgentReader::delivery(const Statement::Run& run, std::string_view agent) const {
    DeliveryRecord record;
    record.agent = agent;
    record.position = run.number(0);
    record.state = delivery_state(run.integer(1));
    record.due = Timestamp{Duration{run.integer(2)}};
    record.failures = static_cast<std::uint32_t>(run.integer(3));
    record.redrives = static_cast<std::uint32_t>(run.integer(4));
    record.sequence = run.text(5);
    record.quarantined = run.integer(6) != 0;
    record.only_state = run.integer(8) != 0;
    record.after_request = run.is_null(9) ? 0 : run.number(9);
    try {
        record.attempts = from_json_text<std::vector<AttemptRecord>>(run.text(7));
    } catch (const CodecError&) {
        connection_.fail(SQLITE_CORRUPT, reading_agents);
    }
    return record;
}

RequestRecord AgentReader::request(const Statement::Run& run) const {
    const std::int64_t action = run.integer(4);
    const std::int64_t kind = run.integer(7);
    // If this program does not know the action, it may come from a newer program; such a row does
    // no harm.
    if (action < 0 || action > std::numeric_limits<std::uint8_t>::max() || kind < 0 ||
        kind > static_cast<std::int64_t>(FailureKind::poison)) {
        connection_.fail(SQLITE_CORRUPT, reading_requests);
    }
    RequestRecord record;
    record.number = run.number(0);
    record.at = Timestamp{Duration{run.integer(1)}};
    record.who = run.text(2);
    record.why = run.text(3);
    record.action = static_cast<DeliveryAction>(action);
    record.agent = run.text(5);
    record.position = run.number(6);
    if (!run.is_null(7)) {
        record.kind = static_cast<FailureKind>(kind);
    }
    if (!run.is_null(8)) {
        record.error = run.text(8);
    }
    if (!run.is_null(9)) {
        record.done_at = Timestamp{Duration{run.integer(9)}};
    }
    record.result = run.text(10);
    if (!run.is_null(11)) {
        record.state = delivery_state(run.integer(11));
    }
    record.limit = run.is_null(12) ? 0 : run.number(12);
    if (!run.is_null(13)) {
        record.before = Timestamp{Duration{run.integer(13)}};
    }
    record.part_of = run.is_null(14) ? 0 : run.number(14);
    record.forced = !run.is_null(15) && run.integer(15) != 0;
    return record;
}

std::optional<BegunNote> begun_note(const Connection& connection, const Statement::Run& run,
                                    int column) {
    if (run.is_null(column)) {
        return std::nullopt;
    }
    BegunNote note;
    note.range = {run.number(column), run.number(column + 1)};
    try {
        note.repeated = from_json_text<std::vector<Position>>(run.text(column + 2));
    } catch (const CodecError&) {
        connection.fail(SQLITE_CORRUPT, reading_agents);
    }
    note.alone = static_cast<std::uint32_t>(run.integer(column + 3));
    return note;
}

ReplayNote replay_note(const Connection& connection, const Statement::Run& run, int column) {
    ReplayNote note{
        .through = run.number(column), .effects = run.integer(column + 1) != 0, .live = {}};
    std::vector<Position> ends;
    try {
        ends = from_json_text<std::vector<Position>>(run.text(column + 2));
    } catch (const CodecError&) {
        connection.fail(SQLITE_CORRUPT, reading_agents);
    }
    if (ends.size() % 2 != 0) {
        connection.fail(SQLITE_CORRUPT, reading_agents);
    }
    for (std::size_t i = 0; i < ends.size(); i += 2) {
        note.live.push_back({ends[i], ends[i + 1]});
    }
    return note;
}

std::string live_json(const ReplayNote& note) {
    std::vector<Position> ends;
    for (const PositionRange& range : note.live) {
        ends.push_back(range.first);
        ends.push_back(range.last);
    }
    return to_json_text(ends);
}

} // namespace bus::sqlite
