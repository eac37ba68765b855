#include <bus/store/internal/stored_times.hpp>
#include <bus/store/sqlite/reader.hpp>

#include <sqlite3.h>

#include <algorithm>

namespace bus::sqlite {

namespace {

constexpr const char* reading_events = "read events from";
/// Reserves room for one page; a longer result grows as needed.
constexpr std::size_t most_reserved = 384;
constexpr const char* reading_timers = "read the timers of";

#define LIBBUS_EVENT_COLUMNS                                                                       \
    "SELECT position, event_id, event_type, event_version, aggregate_type, aggregate_id, "         \
    "stream_version, execution_id, user_id, occurred_at, causation_id, data FROM events "
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
constexpr const char* first_position_sql =
    "SELECT coalesce((SELECT min(position) FROM events), (SELECT last_position + 1 FROM log))";
constexpr const char* last_before_sql =
    "SELECT max(position) FROM events WHERE position < coalesce((SELECT position FROM events "
    "NOT INDEXED WHERE occurred_at >= ?1 ORDER BY position LIMIT 1), 9223372036854775807)";
constexpr const char* first_dated_from_sql =
    "SELECT position FROM events NOT INDEXED WHERE occurred_at >= ?1 AND position > ?2 "
    "ORDER BY position LIMIT 1";
// The columns of the event are in the same places as those of an event in the log.
constexpr const char* timers_sql =
    "SELECT number, event_id, event_type, event_version, aggregate_type, aggregate_id, 0, "
    "execution_id, user_id, occurred_at, causation_id, data, agent, due, scheduled_at FROM timers "
    "WHERE (due, number) > (?1, ?2) ORDER BY due, number LIMIT ?3";
constexpr const char* count_events_sql =
    "SELECT n.name, c.event_version, c.events FROM (SELECT event_type, event_version, count(*) AS "
    "events FROM events NOT INDEXED WHERE position > ?1 GROUP BY event_type, event_version) c "
    "JOIN names n ON n.id = c.event_type ORDER BY n.name, c.event_version";

#undef LIBBUS_EVENT_COLUMNS
#undef LIBBUS_NAME_ID

} // namespace

Reader::Reader(Connection& connection)
    : connection_{connection},
      last_position_{connection, "SELECT last_position FROM log", reading_events},
      page_{connection, page_sql, reading_events},
      page_of_type_{connection, page_of_type_sql, reading_events},
      page_of_execution_{connection, page_of_execution_sql, reading_events},
      page_of_stream_{connection, page_of_stream_sql, reading_events},
      by_id_{connection, by_id_sql, reading_events},
      name_{connection, "SELECT name FROM names WHERE id = ?1", reading_events},
      first_position_{connection, first_position_sql, reading_events},
      last_before_{connection, last_before_sql, reading_events},
      first_dated_from_{connection, first_dated_from_sql, reading_events},
      stored_times_{connection, "SELECT position, at FROM stored_times ORDER BY position",
                    reading_events},
      timers_{connection, timers_sql, reading_timers},
      last_timer_{connection, "SELECT last_timer FROM log", reading_timers},
      count_timers_{connection, "SELECT timers FROM log", reading_timers},
      count_events_{connection, count_events_sql, reading_events} {}

Position Reader::last_position() {
    Statement::Run run = last_position_.run();
    return run.next() ? run.number(0) : 0;
}

std::vector<StoredEvent> Reader::read(Position after, std::size_t limit) {
    return events(page_.run(after, std::uint64_t{limit}), limit);
}

std::size_t Reader::read_each(Position after, std::size_t limit, const EventStore::OnEvent& use) {
    std::size_t count = 0;
    StoredEvent event;
    for (Statement::Run run = page_.run(after, std::uint64_t{limit}); run.next(); ++count) {
        take(run, event);
        use(event);
    }
    return count;
}

std::vector<StoredEvent> Reader::read_type(std::string_view event_type, Position after,
                                           std::size_t limit) {
    return events(page_of_type_.run(event_type, after, std::uint64_t{limit}), limit);
}

std::vector<StoredEvent> Reader::read_execution(std::string_view execution_id, Position after,
                                                std::size_t limit) {
    return events(page_of_execution_.run(execution_id, after, std::uint64_t{limit}), limit);
}

std::vector<StoredEvent> Reader::read_stream(std::string_view aggregate_type,
                                             std::string_view aggregate_id,
                                             std::uint64_t after_version, std::size_t limit) {
    return events(
        page_of_stream_.run(aggregate_type, aggregate_id, after_version, std::uint64_t{limit}),
        limit);
}

std::optional<StoredEvent> Reader::find(const Uuid& event_id) {
    Statement::Run run = by_id_.run(event_id);
    if (!run.next()) {
        return std::nullopt;
    }
    return event(run);
}

Position Reader::first_position() {
    Statement::Run run = first_position_.run();
    return run.next() ? run.number(0) : 1;
}

Position Reader::last_before(Timestamp time) {
    Statement::Run run = last_before_.run(std::int64_t{time.time_since_epoch().count()});
    return run.next() ? run.number(0) : 0;
}

Position Reader::first_dated_from(Timestamp time, Position after) {
    Statement::Run run =
        first_dated_from_.run(std::int64_t{time.time_since_epoch().count()}, after);
    return run.next() ? run.number(0) : 0;
}

Position Reader::last_stored_before(Timestamp time, Timestamp now) {
    bus::internal::StoredBefore before{time, now};
    for (Statement::Run run = stored_times_.run(); run.next();) {
        before.add({.position = run.number(0), .at = Timestamp{Duration{run.integer(1)}}});
    }
    return before.through(last_position());
}

std::vector<TimerRecord> Reader::timers(Timestamp after_due, std::uint64_t after_number,
                                        std::size_t limit) {
    std::vector<TimerRecord> records;
    Statement::Run run = timers_.run(std::int64_t{after_due.time_since_epoch().count()},
                                     after_number, std::uint64_t{limit});
    while (run.next()) {
        StoredEvent kept = event(run);
        records.push_back({.number = kept.position,
                           .agent = run.is_null(12) ? std::string{} : name(run.integer(12)),
                           .due = Timestamp{Duration{run.integer(13)}},
                           .scheduled_at = Timestamp{Duration{run.integer(14)}}, // 0 for NULL
                           .event = std::move(kept.record)});
    }
    return records;
}

std::uint64_t Reader::last_timer() {
    Statement::Run run = last_timer_.run();
    return run.next() ? run.number(0) : 0;
}

std::uint64_t Reader::count_timers() {
    Statement::Run run = count_timers_.run();
    return run.next() ? run.number(0) : 0;
}

std::vector<EventCount> Reader::count_events(Position after) {
    std::vector<EventCount> counts;
    for (Statement::Run run = count_events_.run(after); run.next();) {
        counts.push_back({.event_type = run.text(0),
                          .event_version = static_cast<std::uint32_t>(run.integer(1)),
                          .events = run.number(2)});
    }
    return counts;
}

std::vector<StoredEvent> Reader::events(Statement::Run run, std::size_t limit) {
    std::vector<StoredEvent> result;
    result.reserve(std::min(limit, most_reserved));
    while (run.next()) {
        result.push_back(event(run));
    }
    return result;
}

StoredEvent Reader::event(const Statement::Run& run) {
    StoredEvent event;
    take(run, event);
    return event;
}

void Reader::take(const Statement::Run& run, StoredEvent& event) {
    event.position = run.number(0);
    event.stream_version = run.number(6);
    event.event.reset();
    EventRecord& record = event.record;
    record.event_id = run.uuid(1);
    record.event_type = name(run.integer(2));
    record.event_version = static_cast<std::uint32_t>(run.integer(3));
    record.aggregate_type = name(run.integer(4));
    record.aggregate_id = run.view(5);
    record.execution_id = run.view(7);
    record.user_id = run.view(8);
    record.occurred_at = Timestamp{Duration{run.integer(9)}};
    record.causation_id = run.uuid(10);
    record.data = run.view(11);
}

const std::string& Reader::name(std::int64_t id) {
    if (const auto known = names_.find(id); known != names_.end()) {
        return known->second;
    }
    Statement::Run run = name_.run(id);
    if (!run.next()) {
        // The event has a name that does not exist.
        connection_.fail(SQLITE_CORRUPT, reading_events);
    }
    return names_.emplace(id, run.text(0)).first->second;
}

} // namespace bus::sqlite
