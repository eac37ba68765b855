#include <bus/event/codec.hpp>
#include <bus/store/sqlite/agent_reader.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/progress.hpp>

#include <optional>
#include <string_view>

namespace bus::sqlite {

namespace {

constexpr const char* writing_progress = "write what agents keep to";

std::int64_t checksum_of_ranges(const internal::AgentProgress& progress) {
    Checksum checksum;
    for (const auto& [first, last] : progress.ahead) {
        checksum.add(first);
        checksum.add(last);
    }
    return checksum.value();
}

} // namespace

ProgressTable::ProgressTable(Connection& connection)
    : connection_{connection},
      load_{connection,
            "SELECT start, checkpoint, delivered, finished, discarded, begun_first, begun_last, "
            "begun_repeated, begun_alone, states, checksum, replay_through, replay_effects, "
            "replay_live "
            "FROM agents WHERE agent = ?1",
            writing_progress},
      load_ranges_{connection, "SELECT first_position, last_position FROM ahead WHERE agent = ?1",
                   writing_progress},
      states_{connection, "SELECT count(*) FROM states WHERE agent = ?1", writing_progress},
      put_{connection,
           "INSERT OR REPLACE INTO agents (agent, start, checkpoint, delivered, finished, "
           "discarded, begun_first, begun_last, begun_repeated, begun_alone, states, ranges, "
           "ranges_checksum, replay_through, replay_effects, replay_live, checksum) "
           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
           "?17)",
           writing_progress},
      put_range_{connection, "INSERT OR REPLACE INTO ahead VALUES (?1, ?2, ?3)", writing_progress},
      erase_range_{connection, "DELETE FROM ahead WHERE agent = ?1 AND first_position = ?2",
                   writing_progress} {}

internal::AgentProgress* ProgressTable::find(std::int64_t agent) {
    if (const auto known = entries_.find(agent); known != entries_.end()) {
        return &known->second.now;
    }
    Entry entry;
    {
        Statement::Run run = load_.run(agent);
        if (!run.next()) {
            return nullptr;
        }
        internal::AgentProgress& progress = entry.now;
        progress.start = run.number(0);
        progress.checkpoint = run.number(1);
        progress.delivered = run.number(2);
        progress.finished = run.number(3);
        progress.discarded = run.number(4);
        progress.begun = begun_note(connection_, run, 5);
        entry.states = run.number(9);
        entry.checksum = run.integer(10);
        progress.replay = replay_note(connection_, run, 11);
    }
    load_ranges(agent, entry.now);
    entry.stored = entry.now;
    return &entries_.emplace(agent, std::move(entry)).first->second.now;
}

void ProgressTable::load_ranges(std::int64_t agent, internal::AgentProgress& progress) {
    Statement::Run run = load_ranges_.run(agent);
    while (run.next()) {
        progress.ahead.emplace(run.number(0), run.number(1));
    }
}

internal::AgentProgress& ProgressTable::start(std::int64_t agent, Position start) {
    if (internal::AgentProgress* known = find(agent)) {
        return *known;
    }
    Entry& entry = entries_[agent];
    entry.now = internal::AgentProgress::beginning(start);
    entry.states = states_of(agent);
    touch(agent);
    return entry.now;
}

void ProgressTable::touch(std::int64_t agent) {
    Entry& entry = entries_.at(agent);
    if (!entry.touched) {
        entry.touched = true;
        touched_.push_back(agent);
    }
}

void ProgressTable::count_states(std::int64_t agent, std::int64_t more) {
    if (more != 0 && find(agent) != nullptr) {
        entries_.at(agent).states += static_cast<std::uint64_t>(more);
        touch(agent);
    }
}

void ProgressTable::put(std::int64_t agent, internal::AgentProgress progress) {
    Entry& entry = entries_[agent];
    entry.now = std::move(progress);
    entry.states = 0;
    touch(agent);
}

/// The number of state rows that exist before the agent has a row of its own.
std::uint64_t ProgressTable::states_of(std::int64_t agent) {
    Statement::Run run = states_.run(agent);
    return run.next() ? run.number(0) : 0;
}

std::int64_t ProgressTable::flush() {
    std::int64_t difference = 0;
    for (const std::int64_t agent : touched_) {
        Entry& entry = entries_.at(agent);
        const std::int64_t before = entry.checksum;
        write(agent, entry);
        difference = sum_of_checksums(difference, entry.checksum, before);
    }
    return difference;
}

void ProgressTable::committed() {
    for (const std::int64_t agent : touched_) {
        Entry& entry = entries_.at(agent);
        entry.stored = entry.now;
        entry.touched = false;
    }
    touched_.clear();
}

void ProgressTable::rolled_back() {
    // The entries are read again when they are needed. The name of a new agent may have been rolled
    // back too, and its number may soon belong to another name.
    for (const std::int64_t agent : touched_) {
        entries_.erase(agent);
    }
    touched_.clear();
}

void ProgressTable::write(std::int64_t agent, Entry& entry) {
    write_row(agent, entry);
    // Both lists are in order of position. A range that is in only one of them, or ends elsewhere,
    // has changed.
    auto old = entry.stored.ahead.begin();
    for (const auto& [first, last] : entry.now.ahead) {
        while (old != entry.stored.ahead.end() && old->first < first) {
            erase_range_.execute(agent, old->first);
            ++old;
        }
        const bool same_first = old != entry.stored.ahead.end() && old->first == first;
        if (!same_first || old->second != last) {
            put_range_.execute(agent, first, last);
        }
        if (same_first) {
            ++old;
        }
    }
    for (; old != entry.stored.ahead.end(); ++old) {
        erase_range_.execute(agent, old->first);
    }
}

void ProgressTable::write_row(std::int64_t agent, Entry& entry) {
    const internal::AgentProgress& progress = entry.now;
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;
    std::optional<std::int64_t> alone;
    std::optional<std::string_view> repeated;
    std::string repeated_json;
    if (progress.begun) {
        first = static_cast<std::int64_t>(progress.begun->range.first);
        last = static_cast<std::int64_t>(progress.begun->range.last);
        alone = progress.begun->alone;
        repeated_json = to_json_text(progress.begun->repeated);
        repeated = repeated_json;
    }
    const std::string replay_live = live_json(progress.replay);
    const std::uint64_t ranges = progress.ahead.size();
    const std::int64_t of_ranges = checksum_of_ranges(progress);
    const auto write = [&](const auto&... columns) {
        entry.checksum = checksum_of(columns...);
        put_.execute(columns..., entry.checksum);
    };
    write(agent, progress.start, progress.checkpoint, progress.delivered, progress.finished,
          progress.discarded, first, last, repeated, alone, entry.states, ranges, of_ranges,
          progress.replay.through, std::int64_t{progress.replay.effects ? 1 : 0},
          std::string_view{replay_live});
}

} // namespace bus::sqlite
