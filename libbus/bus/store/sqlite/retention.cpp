#include <bus/store/event_store.hpp>
#include <bus/store/internal/part_rules.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/retention.hpp>

#include <sqlite3.h>

#include <algorithm>

namespace bus::sqlite {

namespace {

constexpr const char* pruning = "prune events of";
constexpr const char* forgetting = "forget an agent of";

#define LIBBUS_FORGET(table)                                                                       \
    "DELETE FROM " table " WHERE agent = (SELECT id FROM names WHERE name = ?1)"

/// Throws PruneRefused if an agent needs one of the events from `first` through `through`.
void refuse_pruning(const Connection& connection, Position first, Position through) {
    {
        Statement behind{connection,
                         "SELECT n.name, a.checkpoint FROM agents a JOIN names n ON n.id = a.agent "
                         "WHERE a.checkpoint < ?1 ORDER BY n.name LIMIT 1",
                         pruning};
        Statement::Run run = behind.run(through);
        if (run.next()) {
            throw internal::behind_error(through, run.text(0), run.number(1));
        }
    }
    Statement unfinished{connection,
                         "SELECT n.name, d.position, d.state FROM deliveries d "
                         "JOIN names n ON n.id = d.agent WHERE d.position BETWEEN ?1 AND ?2 "
                         "ORDER BY n.name, d.position LIMIT 1",
                         pruning};
    Statement::Run run = unfinished.run(first, through);
    if (run.next()) {
        throw internal::unfinished_error(through, run.text(0), run.number(1),
                                         static_cast<DeliveryState>(run.integer(2)));
    }
}

/// Keeps the versions of the streams that lose all their events. Returns how many of them are new.
std::uint64_t keep_heads(const Connection& connection, Position cut) {
    Statement heads{connection,
                    "SELECT e.aggregate_type, e.aggregate_id, max(e.stream_version) AS head, "
                    "e.occurred_at FROM events e WHERE e.position <= ?1 "
                    "GROUP BY e.aggregate_type, e.aggregate_id "
                    "HAVING NOT EXISTS (SELECT 1 FROM events n "
                    "WHERE n.aggregate_type = e.aggregate_type "
                    "AND n.aggregate_id = e.aggregate_id AND n.stream_version > head)",
                    pruning};
    Statement update{connection,
                     "UPDATE pruned_streams SET stream_version = ?3, checksum = ?4, at = ?5 "
                     "WHERE aggregate_type = ?1 AND aggregate_id = ?2",
                     pruning};
    Statement insert{connection, "INSERT INTO pruned_streams VALUES (?1, ?2, ?3, ?4, ?5)", pruning};
    std::uint64_t added = 0;
    for (Statement::Run run = heads.run(cut); run.next();) {
        const std::int64_t type = run.integer(0);
        const std::string id = run.text(1);
        const std::int64_t version = run.integer(2);
        const std::int64_t at = run.integer(3);
        const std::int64_t checksum = checksum_of(type, std::string_view{id}, version, at);
        update.execute(type, std::string_view{id}, version, checksum, at);
        if (connection.changes() == 0) {
            insert.execute(type, std::string_view{id}, version, checksum, at);
            ++added;
        }
    }
    return added;
}

/// Removes the notes of stored positions that say nothing about the events in the log, and returns
/// how many. The note of the oldest event in the log stays. Earlier notes with a later time stay
/// too: after a clock was set back, time counts as standing still.
std::uint64_t prune_stored_times(const Connection& connection, Position cut) {
    Statement{connection,
              "DELETE FROM stored_times WHERE position < (SELECT max(position) FROM stored_times "
              "WHERE position <= ?1) AND at < (SELECT at FROM stored_times WHERE position <= ?1 "
              "ORDER BY position DESC LIMIT 1)",
              pruning}
        .execute(cut + 1);
    return connection.changes();
}

/// The checksum of an agent's row; 0 if there is no row.
std::int64_t checksum_of_agent(const Connection& connection, std::string_view agent) {
    Statement read{
        connection,
        "SELECT checksum FROM agents WHERE agent = (SELECT id FROM names WHERE name = ?1)",
        forgetting};
    Statement::Run run = read.run(agent);
    return run.next() ? run.integer(0) : 0;
}

} // namespace

std::size_t prune(Connection& connection, LogRow& log, Position through, std::size_t limit) {
    const auto first = static_cast<Position>(connection.integer(
        "SELECT coalesce((SELECT min(position) FROM events), (SELECT last_position + 1 FROM log))",
        pruning));
    const auto last =
        static_cast<Position>(connection.integer("SELECT last_position FROM log", pruning));
    const Position end = std::min(through, last);
    if (end < first) {
        return 0;
    }
    refuse_pruning(connection, first, end);
    if (limit == 0) {
        return 0;
    }
    const Position cut = end - first < limit ? end : first + limit - 1;
    log.pruned_streams += keep_heads(connection, cut);
    log.pruned_through = cut;
    Statement{connection, "DELETE FROM events WHERE position <= ?1", pruning}.execute(cut);
    const std::size_t count = connection.changes();
    log.stored_times -= prune_stored_times(connection, cut);
    LogTable{connection}.write(log);
    return count;
}

std::size_t prune_streams(Connection& connection, LogRow& log, Timestamp before,
                          std::size_t limit) {
    Statement{connection,
              "DELETE FROM pruned_streams WHERE (aggregate_type, aggregate_id) IN "
              "(SELECT aggregate_type, aggregate_id FROM pruned_streams "
              "WHERE at IS NULL OR at < ?1 LIMIT ?2)",
              pruning}
        .execute(std::int64_t{before.time_since_epoch().count()}, std::uint64_t{limit});
    const std::size_t count = connection.changes();
    if (count != 0) {
        log.pruned_streams -= count;
        LogTable{connection}.write(log);
    }
    return count;
}

std::optional<Timestamp> newest_stored_time(Connection& connection) {
    Statement newest{connection, "SELECT at FROM stored_times ORDER BY position DESC LIMIT 1",
                     "read when events were stored in"};
    Statement::Run run = newest.run();
    return run.next() ? std::optional{Timestamp{Duration{run.integer(0)}}} : std::nullopt;
}

bool forget(Connection& connection, LogRow& log, std::string_view agent) {
    log.kept.agents = sum_of_checksums(log.kept.agents, 0, checksum_of_agent(connection, agent));
    std::size_t removed = 0;
    for (const char* sql :
         {LIBBUS_FORGET("agents"), LIBBUS_FORGET("ahead"), LIBBUS_FORGET("deliveries"),
          LIBBUS_FORGET("states"), LIBBUS_FORGET("timers")}) {
        Statement{connection, sql, forgetting}.execute(agent);
        removed += connection.changes();
    }
    log.kept.timers -= connection.changes(); // changes() is that of the last table: the timers
    if (removed != 0) {
        LogTable{connection}.write(log);
    }
    return removed != 0;
}

#undef LIBBUS_FORGET

bool has_pruned_streams(Connection& connection) {
    return connection.integer("SELECT EXISTS (SELECT 1 FROM pruned_streams)", pruning) != 0;
}

} // namespace bus::sqlite
