#include <bus/event/codec.hpp>
#include <bus/store/internal/part_rules.hpp>
#include <bus/store/sqlite/agent_tables.hpp>
#include <bus/store/sqlite/checksum.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace bus::sqlite {

namespace {

constexpr const char* writing_for_agents = "write what agents keep to";
constexpr const char* writing_timers = "write timers to";

} // namespace

AgentTables::AgentTables(Connection& connection, NameIds& names, const KeptCounts& kept)
    : names_{names},
      reader_{connection},
      progress_{connection},
      requests_{connection},
      connection_{connection},
      kept_{kept},
      committed_kept_{kept},
      put_delivery_{
          connection,
          "INSERT OR REPLACE INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
          "?12, ?13)",
          writing_for_agents},
      erase_delivery_{connection, "DELETE FROM deliveries WHERE agent = ?1 AND position = ?2",
                      writing_for_agents},
      update_state_{connection,
                    "UPDATE states SET json = ?3, checksum = ?4 WHERE agent = ?1 AND key = ?2",
                    writing_for_agents},
      insert_state_{connection, "INSERT INTO states VALUES (?1, ?2, ?3, ?4)", writing_for_agents},
      erase_state_{connection, "DELETE FROM states WHERE agent = ?1 AND key = ?2",
                   writing_for_agents},
      deliveries_{connection, "SELECT position FROM deliveries WHERE agent = ?1 ORDER BY position",
                  writing_for_agents},
      erase_deliveries_{connection, "DELETE FROM deliveries WHERE agent = ?1 AND position > ?2",
                        writing_for_agents},
      erase_states_{connection, "DELETE FROM states WHERE agent = ?1", writing_for_agents},
      erase_timers_{connection, "DELETE FROM timers WHERE agent = ?1", writing_timers},
      find_timer_{connection, "SELECT 1 FROM timers WHERE number = ?1", writing_timers},
      put_timer_{connection,
                 "INSERT INTO timers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                 "?13, ?14, ?15)",
                 writing_timers},
      erase_timer_{connection, "DELETE FROM timers WHERE number = ?1", writing_timers} {}

std::exception_ptr AgentTables::refusal(const Part& part) {
    if (internal::needs_record(part) && progress_.find(names_.id(part.agent)) == nullptr) {
        return std::make_exception_ptr(internal::no_record_error(part.agent));
    }
    if (part.fires != 0 && !find_timer_.run(part.fires).next()) {
        return std::make_exception_ptr(TimerGone{part.fires});
    }
    return nullptr;
}

void AgentTables::write(const Part& part, std::vector<PartResult::Changed>& changed) {
    if (!part.agent.empty() || !part.put_deliveries.empty()) {
        write_agent(part);
    }
    write_timers(part);
    carry_out(part, changed);
    for (const RequestAnswer& one : part.answers) {
        answer(one);
    }
}

bool AgentTables::put_back(const Part& part, Position log_end) {
    const std::int64_t agent = names_.id(part.agent);
    const internal::AgentProgress* before = progress_.find(agent);
    if (part.start && before != nullptr) {
        return false;
    }
    erase_states_.execute(agent);
    std::erase_if(states_, [agent](const StateWrite& write) { return write.agent == agent; });
    if (before == nullptr) {
        progress_.put(agent, internal::AgentProgress::new_replaying(*part.replay, log_end));
        return true;
    }
    if (part.replay->effects) {
        erase_deliveries_.execute(agent, std::min(part.replay->after, before->checkpoint));
        erase_timers_.execute(agent);
        kept_.timers -= connection_.changes();
    }
    std::vector<Position> unfinished;
    for (Statement::Run run = deliveries_.run(agent); run.next();) {
        unfinished.push_back(run.number(0));
    }
    progress_.put(agent, before->put_back(*part.replay, unfinished));
    return true;
}

void AgentTables::flush() {
    write_states();
    kept_.agents = sum_of_checksums(kept_.agents, progress_.flush(), 0);
}

void AgentTables::committed() {
    requests_.end_transaction();
    progress_.committed();
    committed_kept_ = kept_;
}

void AgentTables::rolled_back() {
    requests_.end_transaction();
    states_.clear();
    progress_.rolled_back();
    kept_ = committed_kept_;
}

void AgentTables::answer(const RequestAnswer& answer) {
    requests_.answer(answer);
}

void AgentTables::forget(const KeptCounts& kept) {
    progress_.clear();
    kept_ = kept;
    committed_kept_ = kept;
}

void AgentTables::write_agent(const Part& part) {
    const std::int64_t agent = part.agent.empty() ? 0 : names_.id(part.agent);
    if (part.start) {
        progress_.start(agent, *part.start);
    }
    if (part.start || internal::needs_record(part)) {
        progress_.find(agent)->take(part);
        progress_.touch(agent);
    }
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        DeliveryRecord kept = internal::as_kept(part, delivery);
        kept.after_request = requests_.newest();
        put(kept);
    }
    for (const Position position : part.erase_deliveries) {
        erase_delivery_.execute(agent, position);
    }
    note_states(agent, part);
}

/// Many steps of one commit often write the same row; only the last of them counts.
void AgentTables::note_states(std::int64_t agent, const Part& part) {
    for (const StateRecord& state : part.put_states) {
        states_.push_back({agent, state.key, &state.json});
    }
    for (const std::string& key : part.erase_states) {
        states_.push_back({agent, key, nullptr});
    }
}

void AgentTables::write_states() {
    const auto place = [](const StateWrite& write) { return std::pair{write.agent, write.key}; };
    std::stable_sort(states_.begin(), states_.end(),
                     [&](const StateWrite& a, const StateWrite& b) { return place(a) < place(b); });
    for (std::size_t i = 0; i < states_.size(); ++i) {
        if (i + 1 == states_.size() || place(states_[i]) != place(states_[i + 1])) {
            write_state(states_[i]);
        }
    }
    states_.clear();
}

/// If an UPDATE changes no row, the row is new and must be counted.
void AgentTables::write_state(const StateWrite& write) {
    const auto [agent, key, json] = write;
    if (json == nullptr) {
        erase_state_.execute(agent, key);
        progress_.count_states(agent, -static_cast<std::int64_t>(connection_.changes()));
        return;
    }
    const std::string_view value = *json;
    const std::int64_t checksum = checksum_of(agent, key, value);
    update_state_.execute(agent, key, value, checksum);
    if (connection_.changes() == 0) {
        insert_state_.execute(agent, key, value, checksum);
        progress_.count_states(agent, 1);
    }
}

void AgentTables::put(const DeliveryRecord& delivery) {
    const std::int64_t agent = names_.id(delivery.agent);
    const std::string attempts = to_json_text(delivery.attempts);
    std::optional<std::int64_t> last_kind;
    if (!delivery.attempts.empty()) {
        last_kind = static_cast<std::int64_t>(delivery.attempts.back().kind);
    }
    const auto write = [&](const auto&... columns) {
        Checksum checksum;
        (checksum.add(columns), ...);
        std::optional<std::int64_t> after_request;
        if (delivery.after_request != 0) {
            after_request = static_cast<std::int64_t>(delivery.after_request);
            checksum.add(after_request);
        }
        put_delivery_.execute(columns..., checksum.value(), after_request);
    };
    write(agent, delivery.position, static_cast<std::int64_t>(delivery.state),
          std::int64_t{delivery.due.time_since_epoch().count()}, delivery.failures,
          delivery.redrives, std::string_view{delivery.sequence},
          std::int64_t{delivery.quarantined ? 1 : 0}, last_kind, std::string_view{attempts},
          std::int64_t{delivery.only_state ? 1 : 0});
}

void AgentTables::write_timers(const Part& part) {
    if (part.fires != 0) {
        erase_timer(part.fires);
    }
    for (const TimerRecord& timer : part.put_timers) {
        put(timer);
    }
    for (const std::uint64_t number : part.erase_timers) {
        erase_timer(number);
    }
}

void AgentTables::erase_timer(std::uint64_t number) {
    erase_timer_.execute(number);
    kept_.timers -= connection_.changes();
}

void AgentTables::put(const TimerRecord& timer) {
    const EventRecord& event = timer.event;
    std::optional<std::int64_t> agent;
    if (!timer.agent.empty()) {
        agent = names_.id(timer.agent);
    }
    const Uuid* cause = event.causation_id.is_nil() ? nullptr : &event.causation_id;
    if (timer.number <= kept_.last_timer) {
        erase_timer(timer.number); // if it exists, it is replaced
    }
    std::optional<std::int64_t> scheduled_at;
    if (timer.scheduled_at != Timestamp{}) {
        scheduled_at = timer.scheduled_at.time_since_epoch().count();
    }
    const auto write = [&](const auto&... columns) {
        // In a row of an older program this time is missing, and the checksum does not include it.
        const std::int64_t checksum =
            scheduled_at ? checksum_of(columns..., scheduled_at) : checksum_of(columns...);
        put_timer_.execute(columns..., checksum, scheduled_at);
    };
    write(timer.number, agent, std::int64_t{timer.due.time_since_epoch().count()}, event.event_id,
          names_.id(event.event_type), event.event_version, names_.id(event.aggregate_type),
          std::string_view{event.aggregate_id}, std::string_view{event.execution_id},
          std::string_view{event.user_id},
          std::int64_t{event.occurred_at.time_since_epoch().count()}, cause,
          std::string_view{event.data});
    kept_.last_timer = std::max(kept_.last_timer, timer.number);
    ++kept_.timers;
}

void AgentTables::carry_out(const Part& part, std::vector<PartResult::Changed>& changed) {
    for (const DeliveryCommand& command : part.commands) {
        std::optional<DeliveryRecord> delivery = reader_.delivery(command.agent, command.position);
        internal::CommandOutcome outcome = internal::carry_out(command, delivery);
        requests_.insert(internal::trace_of(part, command, std::move(outcome.result)));
        if (!outcome.changed) {
            continue;
        }
        if (command.action == DeliveryAction::discard) {
            const std::int64_t agent = names_.id(command.agent);
            erase_delivery_.execute(agent, command.position);
            if (internal::AgentProgress* progress = progress_.find(agent)) {
                ++progress->discarded;
                progress_.touch(agent);
            }
        } else {
            put(*delivery);
        }
        if (command.answer) {
            answer(*command.answer);
        }
        changed.push_back({command.action, std::move(*delivery)});
    }
}

} // namespace bus::sqlite
