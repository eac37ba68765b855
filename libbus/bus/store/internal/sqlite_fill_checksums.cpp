#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_checksum.hpp>
#include <bus/store/internal/sqlite_fill_checksums.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <vector>

namespace bus::sqlite {

namespace {

constexpr const char* filling = "give checksums to the rows of";

void add(Checksum& checksum, sqlite3_value* value) {
    const auto bytes = [value] {
        const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
        return data != nullptr ? std::string_view{data, size} : std::string_view{};
    };
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: checksum.add(std::int64_t{sqlite3_value_int64(value)}); break;
    case SQLITE_FLOAT: checksum.add_real(sqlite3_value_double(value)); break;
    case SQLITE_TEXT: checksum.add(bytes()); break;
    case SQLITE_BLOB: checksum.add_blob(bytes()); break;
    default: checksum.add_null(); break;
    }
}

/// libbus_checksum(column...), while it lives.
class ChecksumFunction {
public:
    explicit ChecksumFunction(Connection& connection) : connection_{connection} {
        constexpr int any_number = -1;
        const int code =
            sqlite3_create_function_v2(connection.handle(), name, any_number, SQLITE_UTF8, nullptr,
                                       &calculate, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) {
            connection.fail(code, filling);
        }
    }

    ChecksumFunction(const ChecksumFunction&) = delete;
    ChecksumFunction& operator=(const ChecksumFunction&) = delete;

    ~ChecksumFunction() {
        sqlite3_create_function_v2(connection_.handle(), name, -1, SQLITE_UTF8, nullptr, nullptr,
                                   nullptr, nullptr, nullptr);
    }

private:
    static constexpr const char* name = "libbus_checksum";

    static void calculate(sqlite3_context* context, int count, sqlite3_value** values) {
        Checksum checksum;
        for (int i = 0; i < count; ++i) {
            add(checksum, values[i]);
        }
        sqlite3_result_int64(context, checksum.value());
    }

    Connection& connection_;
};

constexpr const char* fill_rows = R"sql(
UPDATE names SET checksum = libbus_checksum(id, name);
UPDATE deliveries SET checksum = libbus_checksum(agent, position, state, due, failures, redrives,
    sequence, quarantined, last_kind, attempts, only_state);
UPDATE states SET checksum = libbus_checksum(agent, key, json);
UPDATE timers SET checksum = libbus_checksum(number, agent, due, event_id, event_type,
    event_version, aggregate_type, aggregate_id, execution_id, user_id, occurred_at, causation_id,
    data);
UPDATE pruned_streams SET checksum = libbus_checksum(aggregate_type, aggregate_id, stream_version);
)sql";

constexpr const char* fill_agents = R"sql(
UPDATE agents SET checksum = libbus_checksum(agent, start, checkpoint, delivered, finished,
    discarded, begun_first, begun_last, begun_repeated, begun_alone, states, ranges,
    ranges_checksum, replay_through, replay_effects, replay_live);
)sql";

constexpr const char* fill_answers = R"sql(
UPDATE requests SET answer_checksum = libbus_checksum(number, done_at, result)
    WHERE done_at IS NOT NULL;
UPDATE log SET requests_checksum = libbus_checksum(requests, answers);
)sql";

constexpr const char* fill_log = R"sql(
UPDATE log SET checksum = libbus_checksum(last_position, last_timer, pruned_through,
    unchecked_through, pruned_streams, timers, agents);
)sql";

/// A row that is not as it was written must not get a checksum that says so.
constexpr const char* fill_log_of_5 = R"sql(
UPDATE log SET checksum = CASE
    WHEN checksum = libbus_checksum(last_position, last_timer, pruned_through, unchecked_through,
        pruned_streams, timers, agents)
    THEN libbus_checksum(last_position, last_timer, pruned_through, unchecked_through,
        pruned_streams, timers, agents, 0, 0)
    END;
)sql";

void fill_ranges(Connection& connection) {
    std::vector<std::int64_t> agents;
    {
        Statement all{connection, "SELECT agent FROM agents", filling};
        for (Statement::Run run = all.run(); run.next();) {
            agents.push_back(run.integer(0));
        }
    }
    Statement ranges{connection,
                     "SELECT first_position, last_position FROM ahead WHERE agent = ?1 "
                     "ORDER BY first_position",
                     filling};
    Statement write{connection, "UPDATE agents SET ranges_checksum = ?2 WHERE agent = ?1", filling};
    for (const std::int64_t agent : agents) {
        Checksum checksum;
        for (Statement::Run run = ranges.run(agent); run.next();) {
            checksum.add(run.integer(0));
            checksum.add(run.integer(1));
        }
        write.execute(agent, checksum.value());
    }
}

std::int64_t sum_of_agents(Connection& connection) {
    std::int64_t sum = 0;
    Statement all{connection, "SELECT checksum FROM agents", filling};
    for (Statement::Run run = all.run(); run.next();) {
        sum = sum_of_checksums(sum, run.integer(0), 0);
    }
    return sum;
}

} // namespace

void fill_checksums(Connection& connection) {
    const ChecksumFunction function{connection};
    connection.execute(fill_rows, filling);
    fill_ranges(connection);
    connection.execute(fill_agents, filling);
    Statement{connection, "UPDATE log SET agents = ?1", filling}.execute(sum_of_agents(connection));
    connection.execute(fill_log, filling);
}

void fill_request_checksums(Connection& connection) {
    const ChecksumFunction function{connection};
    connection.execute(fill_answers, filling);
}

void fill_generation(Connection& connection) {
    const ChecksumFunction function{connection};
    connection.execute(fill_log_of_5, filling);
    set_generation(connection, new_generation(connection));
}

} // namespace bus::sqlite
