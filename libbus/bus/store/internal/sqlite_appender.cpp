#include <bus/event/codec.hpp>
#include <bus/runtime/fault_point.hpp>
#include <bus/store/internal/part_rules.hpp>
#include <bus/store/internal/sqlite_appender.hpp>

#include <sqlite3.h>

#include <algorithm>

namespace bus::sqlite {

namespace {

constexpr const char* writing = "write events to";
constexpr const char* writing_agents = "write what agents keep to";

/// Streams whose newest version is remembered: about 10 MB at most.
constexpr std::size_t heads_generation = 32'768;

/// The longest text that a part brings.
std::size_t longest_text(const Part& part) {
    std::size_t longest = 0;
    const auto see = [&longest](const std::string& text) {
        longest = std::max(longest, text.size());
    };
    for (const NewEvent& event : part.events) {
        const EventRecord& record = event.record;
        see(record.data);
        see(record.aggregate_id);
        see(record.execution_id);
        see(record.user_id);
        see(record.event_type);
        see(record.aggregate_type);
    }
    for (const StateRecord& state : part.put_states) {
        see(state.key);
        see(state.json);
    }
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        for (const AttemptRecord& attempt : delivery.attempts) {
            see(attempt.message);
        }
    }
    return longest;
}

} // namespace

Appender::Appender(Connection& connection, std::size_t max_value_bytes)
    : connection_{connection},
      max_value_bytes_{max_value_bytes},
      reader_{connection},
      last_{reader_.last_position()},
      committed_last_{last_},
      heads_{heads_generation},
      insert_event_{connection,
                    "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                    writing},
      delete_events_{connection, "DELETE FROM events WHERE position > ?1", writing},
      head_{connection,
            "SELECT max(stream_version) FROM events "
            "WHERE aggregate_type = ?1 AND aggregate_id = ?2",
            writing},
      find_name_{connection, "SELECT id FROM names WHERE name = ?1", writing},
      insert_name_{connection, "INSERT INTO names (name) VALUES (?1)", writing},
      set_last_position_{connection, "UPDATE log SET last_position = ?1", writing},
      start_agent_{connection, "INSERT OR IGNORE INTO agents VALUES (?1, ?2, ?2, 0)",
                   writing_agents},
      move_agent_{connection,
                  "UPDATE agents SET checkpoint = max(checkpoint, ?2), finished = finished + ?3 "
                  "WHERE agent = ?1",
                  writing_agents},
      checkpoint_{connection, "SELECT checkpoint FROM agents WHERE agent = ?1", writing_agents},
      put_delivery_{connection,
                    "INSERT OR REPLACE INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    writing_agents},
      erase_delivery_{connection, "DELETE FROM deliveries WHERE agent = ?1 AND position = ?2",
                      writing_agents},
      put_state_{connection, "INSERT OR REPLACE INTO states VALUES (?1, ?2, ?3)", writing_agents},
      erase_state_{connection, "DELETE FROM states WHERE agent = ?1 AND key = ?2", writing_agents} {
}

std::vector<PartResult> Appender::commit(std::span<const Part> parts, bool durable) {
    std::vector<PartResult> results;
    results.reserve(parts.size());
    try {
        connection_.end_leftover();
        set_synchronous(durable);
        Transaction transaction{connection_};
        LIBBUS_FAULT_POINT_THROWS("commit.begun", StoreError{"commit.begun: made to fail"});
        for (const Part& part : parts) {
            results.push_back(write_part(part));
        }
        // Where all was there already, a durable commit still has to write something: else nothing
        // would wait for the disk, which may not have what a buffered commit wrote before.
        if (last_ != committed_last_ || (durable && unsynced_)) {
            set_last_position_.execute(last_);
        }
        LIBBUS_FAULT_POINT_THROWS("commit.before_commit",
                                  StoreError{"commit.before_commit: made to fail"});
        transaction.commit();
        LIBBUS_FAULT_POINT("commit.after_commit");
    } catch (...) {
        restore_caches();
        throw;
    }
    committed_last_ = last_;
    unsynced_ = !durable;
    return results;
}

void Appender::set_synchronous(bool full) {
    // Ignored inside a transaction, so before it; it costs a prepare, so only on a change.
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
}

PartResult Appender::write_part(const Part& part) {
    PartResult result;
    result.error = refusal(part);
    if (!result.error) {
        append(part, result);
    }
    if (!result.error) {
        write_agent(part);
        result.redriven = redrive(part);
    }
    return result;
}

std::exception_ptr Appender::refusal(const Part& part) {
    if (internal::lacks_agent(part)) {
        return std::make_exception_ptr(internal::no_agent_error());
    }
    if (internal::needs_record(part) || part.expected_checkpoint) {
        if (std::exception_ptr refused = internal::agent_refusal(part, checkpoint(part.agent))) {
            return refused;
        }
    }
    if (const std::size_t longest = longest_text(part); longest > max_value_bytes_) {
        return std::make_exception_ptr(PartRefused{
            "sqlite:" + connection_.path().string() + " does not take a text of " +
            std::to_string(longest) + " bytes; the most is " + std::to_string(max_value_bytes_) +
            " (SqliteOptions::max_value_bytes): keep it elsewhere and name the place"});
    }
    return nullptr;
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
    const std::int64_t type = name_id(record.aggregate_type);
    const std::uint64_t version = head(type, record.aggregate_id);
    if (event.expected_version && *event.expected_version != version) {
        if (const auto kept = kept_place(record)) {
            return *kept;
        }
        throw VersionConflict{internal::stream_name(record), *event.expected_version, version};
    }
    const Uuid* cause = record.causation_id.is_nil() ? nullptr : &record.causation_id;
    const std::int64_t occurred_at = record.occurred_at.time_since_epoch().count();
    // Ids are not looked up before: the UNIQUE index sees a double one for nothing, and such a
    // refusal leaves the transaction whole.
    if (!insert_event_
             .run(last_ + 1, record.event_id, name_id(record.event_type), record.event_version,
                  type, std::string_view{record.aggregate_id}, version + 1,
                  std::string_view{record.execution_id}, std::string_view{record.user_id},
                  occurred_at, cause, std::string_view{record.data})
             .insert()) {
        if (const auto kept = kept_place(record)) {
            return *kept;
        }
        // Not the id, then the stream: its head is not what the events say.
        connection_.fail(SQLITE_CORRUPT, writing);
    }
    ++last_;
    heads_.put(type, record.aggregate_id, version + 1);
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
    // Conflicts are rare: forgetting all heads is dearer for the next few events, and never wrong.
    heads_.clear();
    delete_events_.execute(after);
    last_ = after;
}

std::uint64_t Appender::head(std::int64_t type, std::string_view id) {
    if (const auto known = heads_.find(type, id)) {
        return *known;
    }
    Statement::Run run = head_.run(type, id);
    return run.next() ? run.number(0) : 0;
}

void Appender::write_agent(const Part& part) {
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        put(internal::as_kept(part, delivery));
    }
    if (part.agent.empty()) {
        return;
    }
    const std::int64_t agent = name_id(part.agent);
    if (part.start) {
        start_agent_.execute(agent, *part.start);
    }
    if (part.checkpoint || part.finished != 0) {
        LIBBUS_FAULT_POINT("settled.write");
        move_agent_.execute(agent, part.checkpoint.value_or(0), part.finished);
    }
    for (const Position position : part.erase_deliveries) {
        erase_delivery_.execute(agent, position);
    }
    for (const StateRecord& state : part.put_states) {
        put_state_.execute(agent, std::string_view{state.key}, std::string_view{state.json});
    }
    for (const std::string& key : part.erase_states) {
        erase_state_.execute(agent, std::string_view{key});
    }
}

void Appender::put(const DeliveryRecord& delivery) {
    const std::int64_t agent = name_id(delivery.agent);
    const std::string attempts = to_json_text(delivery.attempts);
    const std::int64_t due = delivery.due.time_since_epoch().count();
    put_delivery_.execute(agent, delivery.position, static_cast<std::int64_t>(delivery.state), due,
                          delivery.failures, delivery.redrives, std::string_view{attempts});
}

std::vector<DeliveryRecord> Appender::redrive(const Part& part) {
    std::vector<DeliveryRecord> redriven;
    for (const RedriveRequest& request : part.redrives) {
        std::optional<DeliveryRecord> delivery = reader_.delivery(request.agent, request.position);
        if (delivery && internal::redrive(*delivery)) {
            put(*delivery);
            redriven.push_back(std::move(*delivery));
        }
    }
    return redriven;
}

std::optional<Position> Appender::checkpoint(std::string_view agent) {
    Statement::Run run = checkpoint_.run(name_id(agent));
    return run.next() ? std::optional{run.number(0)} : std::nullopt;
}

std::int64_t Appender::name_id(std::string_view name) {
    key_.assign(name);
    if (const auto known = names_.find(key_); known != names_.end()) {
        return known->second;
    }
    std::int64_t id = 0;
    {
        Statement::Run run = find_name_.run(name);
        id = run.next() ? run.integer(0) : 0;
    }
    if (id == 0) {
        insert_name_.execute(name);
        id = sqlite3_last_insert_rowid(connection_.handle());
    }
    names_.emplace(key_, id);
    return id;
}

} // namespace bus::sqlite
