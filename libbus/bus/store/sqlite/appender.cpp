#include <bus/runtime/fault_point.hpp>
#include <bus/store/internal/part_rules.hpp>
#include <bus/store/internal/stored_times.hpp>
#include <bus/store/sqlite/appender.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/rename.hpp>
#include <bus/store/sqlite/retention.hpp>

#include <sqlite3.h>

#include <utility>

namespace bus::sqlite {

namespace {

constexpr const char* writing_events = "write events to";

/// The number of streams whose newest version is remembered: about 10 MB at most.
constexpr std::size_t heads_generation = 32'768;

} // namespace

Appender::Appender(Connection& connection, std::size_t max_value_bytes)
    : connection_{connection},
      max_value_bytes_{max_value_bytes},
      reader_{connection},
      log_table_{connection},
      log_{log_table_.read()},
      last_{log_.last_position},
      committed_last_{last_},
      heads_{heads_generation},
      names_{connection},
      agents_{connection, names_, log_.kept},
      pruned_{has_pruned_streams(connection)},
      insert_event_{connection,
                    "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                    "?13)",
                    writing_events},
      delete_events_{connection, "DELETE FROM events WHERE position > ?1", writing_events},
      head_{connection,
            "SELECT max(stream_version) FROM events "
            "WHERE aggregate_type = ?1 AND aggregate_id = ?2",
            writing_events},
      pruned_head_{connection,
                   "SELECT stream_version FROM pruned_streams "
                   "WHERE aggregate_type = ?1 AND aggregate_id = ?2",
                   writing_events},
      note_stored_{connection, "INSERT INTO stored_times VALUES (?1, ?2, ?3)", writing_events},
      noted_{newest_stored_time(connection)} {}

std::vector<PartResult> Appender::commit(std::span<const Part> parts, bool durable) {
    try {
        std::vector<PartResult> results = write_parts(parts, durable);
        committed_last_ = last_;
        agents_.committed();
        if (std::exchange(noting_, false)) {
            noted_ = internal::next_note(noted_, parts.front().stored_at);
            ++log_.stored_times;
        }
        unsynced_ = !durable;
        return results;
    } catch (...) {
        restore_caches();
        noting_ = false;
        for (const Part& part : parts) {
            chains_.add(part);
        }
        throw;
    }
}

std::vector<PartResult> Appender::write_parts(std::span<const Part> parts, bool durable) {
    std::vector<PartResult> results;
    results.reserve(parts.size());
    connection_.end_leftover();
    set_synchronous(durable);
    Transaction transaction{connection_};
    LIBBUS_FAULT_POINT_THROWS("commit.begun", StoreError{"commit.begun: made to fail"});
    for (const Part& part : parts) {
        results.push_back(write_part(part));
    }
    if (last_ != committed_last_) {
        note_stored(parts.front().stored_at);
    }
    LIBBUS_FAULT_POINT("settled.write");
    agents_.flush();
    // The row is written with every change, because each commit has its stamp. If nothing has
    // changed, a durable commit may still have to write something: otherwise nothing would be
    // synced, and the disk may not have yet what an earlier buffered commit wrote.
    if (transaction.has_changes() || (durable && unsynced_)) {
        log_table_.write(log_now());
    }
    LIBBUS_FAULT_POINT_THROWS("commit.before_commit",
                              StoreError{"commit.before_commit: made to fail"});
    transaction.commit();
    LIBBUS_FAULT_POINT("commit.after_commit");
    return results;
}

LogRow Appender::log_now() const {
    LogRow log = log_;
    log.last_position = last_;
    log.kept = agents_.kept();
    log.stored_times += noting_ ? 1U : 0U;
    return log;
}

/// Writes at most one note a minute.
void Appender::note_stored(Timestamp now) {
    const std::optional<Timestamp> note = internal::next_note(noted_, now);
    if (!note) {
        return;
    }
    const Position first = committed_last_ + 1;
    const std::int64_t at = note->time_since_epoch().count();
    note_stored_.execute(first, at, checksum_of(first, at));
    noting_ = true;
}

std::size_t Appender::prune_requests(Timestamp before, std::size_t limit) {
    connection_.end_leftover();
    set_synchronous(true);
    Transaction transaction{connection_};
    const std::size_t count = agents_.prune_requests(before, limit);
    transaction.commit();
    return count;
}

std::size_t Appender::prune_streams(Timestamp before, std::size_t limit) {
    connection_.end_leftover();
    set_synchronous(true);
    Transaction transaction{connection_};
    LogRow log = log_now();
    const std::size_t count = sqlite::prune_streams(connection_, log, before, limit);
    transaction.commit();
    log_ = log;
    heads_.clear(); // the forgotten streams begin again
    return count;
}

std::size_t Appender::prune(Position through, std::size_t limit) {
    connection_.end_leftover();
    set_synchronous(true);
    Transaction transaction{connection_};
    LogRow log = log_now();
    const std::size_t count = sqlite::prune(connection_, log, through, limit);
    transaction.commit();
    log_ = log;
    pruned_ = pruned_ || count != 0;
    return count;
}

bool Appender::forget(std::string_view agent, const std::optional<RequestAnswer>& answer) {
    connection_.end_leftover();
    set_synchronous(true);
    Transaction transaction{connection_};
    LogRow log = log_now();
    const bool there = sqlite::forget(connection_, log, agent);
    if (answer) {
        agents_.answer(*answer);
    }
    transaction.commit();
    log_ = log;
    agents_.forget(log.kept);
    return there;
}

bool Appender::rename_agent(std::string_view from, std::string_view to,
                            const RequestRecord& trace) {
    connection_.end_leftover();
    set_synchronous(true);
    Transaction transaction{connection_};
    LogRow log = log_now();
    NameIds names{connection_}; // new names are valid only after this is committed
    const std::int64_t old_name = names.id(from);
    if (!has_agent(connection_, old_name)) {
        return false;
    }
    const std::int64_t new_name = names.id(to);
    if (has_agent(connection_, new_name)) {
        throw internal::name_taken_error(from, to, "sqlite:" + connection_.path().string());
    }
    sqlite::rename_agent(connection_, log, old_name, new_name);
    agents_.keep(trace);
    transaction.commit();
    log_ = log;
    agents_.forget(log.kept);
    return true;
}

void Appender::set_synchronous(bool full) {
    // The setting is ignored inside a transaction, so it is made before. It costs a prepare, so it
    // is made only on a change.
    if (full != synchronous_full_) {
        connection_.execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                            "choose the durability of");
        synchronous_full_ = full;
    }
}

void Appender::restore_caches() {
    last_ = committed_last_;
    heads_.clear();
    names_.clear();
    reader_.forget_names();
    agents_.rolled_back();
}

PartResult Appender::write_part(const Part& part) {
    PartResult result;
    result.error = refusal(part);
    if (!result.error) {
        append(part, result);
    }
    if (result.error) {
        chains_.add(part);
        return result;
    }
    if (part.replay && agents_.put_back(part, last_)) {
        chains_.add(part);
    }
    agents_.write(part, result.changed);
    return result;
}

std::exception_ptr Appender::refusal(const Part& part) {
    if (std::exception_ptr broken = chains_.refusal(part)) {
        return broken;
    }
    if (std::exception_ptr shape = internal::shape_refusal(part)) {
        return shape;
    }
    if (const std::size_t longest = internal::longest_text(part); longest > max_value_bytes_) {
        return std::make_exception_ptr(PartRefused{
            "sqlite:" + connection_.path().string() + " does not take a text of " +
            std::to_string(longest) + " bytes; the most is " + std::to_string(max_value_bytes_) +
            " (SqliteOptions::max_value_bytes): keep the text elsewhere, and store where it is"});
    }
    return agents_.refusal(part);
}

void Appender::append(const Part& part, PartResult& result) {
    const Position before = last_;
    try {
        result.places.reserve(part.events.size());
        for (const NewEvent& event : part.events) {
            result.places.push_back(append(event));
        }
    } catch (const VersionConflict&) {
        result = {.error = std::current_exception()};
    } catch (const IdConflict&) {
        result = {.error = std::current_exception()};
    }
    if (result.error) {
        take_back(before);
    }
}

PartResult::Place Appender::append(const NewEvent& event) {
    const EventRecord& record = event.record;
    const std::int64_t type = names_.id(record.aggregate_type);
    std::uint64_t* const known = heads_.find(type, record.aggregate_id);
    const std::uint64_t version = known != nullptr ? *known : head(type, record.aggregate_id);
    if (event.expected_version && *event.expected_version != version) {
        if (const auto kept = kept_place(record)) {
            return *kept;
        }
        throw VersionConflict{internal::stream_name(record), *event.expected_version, version};
    }
    const Uuid* cause = record.causation_id.is_nil() ? nullptr : &record.causation_id;
    const std::int64_t occurred_at = record.occurred_at.time_since_epoch().count();
    // Ids are not looked up in advance: the UNIQUE index finds a duplicate at no extra cost, and
    // its refusal leaves the transaction intact.
    const auto insert = [this](const auto&... columns) {
        return insert_event_.run(columns..., checksum_of(columns...)).insert();
    };
    if (!insert(last_ + 1, record.event_id, names_.id(record.event_type), record.event_version,
                type, std::string_view{record.aggregate_id}, version + 1,
                std::string_view{record.execution_id}, std::string_view{record.user_id},
                occurred_at, cause, std::string_view{record.data})) {
        if (const auto kept = kept_place(record)) {
            return *kept;
        }
        // The id is not a duplicate, so the stream is: its version does not match its events.
        connection_.fail(SQLITE_CORRUPT, writing_events);
    }
    ++last_;
    if (known != nullptr) {
        *known = version + 1;
    } else {
        heads_.put(type, record.aggregate_id, version + 1);
    }
    return {last_, version + 1, false};
}

std::optional<PartResult::Place> Appender::kept_place(const EventRecord& record) {
    const std::optional<StoredEvent> kept = reader_.find(record.event_id);
    if (!kept) {
        return std::nullopt;
    }
    if (kept->record != record) {
        throw IdConflict{record.event_id};
    }
    return PartResult::Place{kept->position, kept->stream_version, true};
}

void Appender::take_back(Position after) {
    if (last_ == after) {
        return;
    }
    // Conflicts are rare. Forgetting all heads makes the next few events slower, but is always
    // right.
    heads_.clear();
    delete_events_.execute(after);
    last_ = after;
}

std::uint64_t Appender::head(std::int64_t type, std::string_view id) {
    {
        Statement::Run run = head_.run(type, id);
        if (run.next() && !run.is_null(0)) {
            return run.number(0);
        }
    }
    if (!pruned_) {
        return 0;
    }
    Statement::Run run = pruned_head_.run(type, id);
    return run.next() ? run.number(0) : 0;
}

} // namespace bus::sqlite
