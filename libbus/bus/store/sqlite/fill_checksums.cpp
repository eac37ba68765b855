#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/checksum_function.hpp>
#include <bus/store/sqlite/fill_checksums.hpp>
#include <bus/store/sqlite/log_row.hpp>

#include <cstdint>
#include <vector>

namespace bus::sqlite {

namespace {

constexpr const char* filling = "give checksums to the rows of";

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

/// A row that is not as it was written must not get a right checksum.
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
