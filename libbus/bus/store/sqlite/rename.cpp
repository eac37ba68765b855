#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/checksum_function.hpp>
#include <bus/store/sqlite/rename.hpp>

#include <optional>

namespace bus::sqlite {

namespace {

constexpr const char* renaming = "rename an agent of";

// The columns of each table in the order of its checksum, before the agent's column and after it.
#define LIBBUS_DELIVERY                                                                            \
    ", position, state, due, failures, redrives, sequence, quarantined, last_kind, attempts, "     \
    "only_state"
#define LIBBUS_TIMER                                                                               \
    ", due, event_id, event_type, event_version, aggregate_type, aggregate_id, execution_id, "     \
    "user_id, occurred_at, causation_id, data"
#define LIBBUS_AGENT                                                                               \
    ", start, checkpoint, delivered, finished, discarded, begun_first, begun_last, "               \
    "begun_repeated, begun_alone, states, ranges, ranges_checksum, replay_through, "               \
    "replay_effects, replay_live"
#define LIBBUS_RENAME(table, before, after, which)                                                 \
    "UPDATE " table " SET agent = ?2, checksum = CASE WHEN checksum = libbus_checksum(" before     \
    "?1" after ") THEN libbus_checksum(" before "?2" after                                         \
    ") ELSE checksum END WHERE agent = ?1" which

constexpr const char* const all_renames[] = {
    "UPDATE ahead SET agent = ?2 WHERE agent = ?1",
    LIBBUS_RENAME("agents", "", LIBBUS_AGENT, ""),
    LIBBUS_RENAME("deliveries", "", LIBBUS_DELIVERY, " AND after_request IS NULL"),
    LIBBUS_RENAME("deliveries", "", LIBBUS_DELIVERY ", after_request", ""),
    LIBBUS_RENAME("states", "", ", key, json", ""),
    LIBBUS_RENAME("timers", "number, ", LIBBUS_TIMER, " AND scheduled_at IS NULL"),
    LIBBUS_RENAME("timers", "number, ", LIBBUS_TIMER ", scheduled_at", ""),
};

#undef LIBBUS_RENAME
#undef LIBBUS_AGENT
#undef LIBBUS_TIMER
#undef LIBBUS_DELIVERY

/// The checksum of the agent's row; 0 if it has no row.
std::int64_t checksum_of_row(const Connection& connection, std::int64_t agent) {
    Statement read{connection, "SELECT checksum FROM agents WHERE agent = ?1", renaming};
    Statement::Run run = read.run(agent);
    return run.next() ? run.integer(0) : 0;
}

} // namespace

bool has_agent(Connection& connection, std::int64_t agent) {
    Statement look{connection,
                   "SELECT EXISTS (SELECT 1 FROM agents WHERE agent = ?1) "
                   "OR EXISTS (SELECT 1 FROM deliveries WHERE agent = ?1) "
                   "OR EXISTS (SELECT 1 FROM states WHERE agent = ?1) "
                   "OR EXISTS (SELECT 1 FROM timers WHERE agent = ?1)",
                   renaming};
    Statement::Run run = look.run(agent);
    return run.next() && run.integer(0) != 0;
}

void rename_agent(Connection& connection, LogRow& log, std::int64_t from, std::int64_t to) {
    const ChecksumFunction function{connection};
    const std::int64_t before = checksum_of_row(connection, from);
    for (const char* sql : all_renames) {
        Statement{connection, sql, renaming}.execute(from, to);
    }
    log.kept.agents = sum_of_checksums(log.kept.agents, checksum_of_row(connection, to), before);
    LogTable{connection}.write(log);
}

} // namespace bus::sqlite
