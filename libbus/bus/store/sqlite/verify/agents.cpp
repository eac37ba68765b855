#include <bus/event/codec.hpp>
#include <bus/store/sqlite/agent_reader.hpp>
#include <bus/store/sqlite/verify/context.hpp>

#include <algorithm>
#include <optional>
#include <vector>

/// Checks the progress of agents: their rows and their ranges.
namespace bus::sqlite {

namespace {

constexpr const char* verifying_agents = "verify the agents of";
constexpr int agent_columns = 16;
constexpr int checkpoint_column = 2;

/// How many checkpoints are tried for a row that is not as it was written; takes about a second.
constexpr Position most_checkpoints = 10'000'000;

/// The checkpoint with which the row's checksum was made; none if something else in the row has
/// changed too.
std::optional<Position> written_checkpoint(const VerifyContext& context,
                                           const Statement::Run& run) {
    const std::int64_t stored = run.integer(agent_columns);
    const Position end = std::max(context.log.last_position, run.number(1));
    for (Position p = 0; p <= std::min(end, most_checkpoints); ++p) {
        if (stored == row_checksum_with(run, agent_columns, checkpoint_column,
                                        static_cast<std::int64_t>(p))) {
            return p;
        }
    }
    return std::nullopt;
}

void check_row(VerifyContext& context, const Statement::Run& run, VerifiedAgent& agent) {
    if (row_is_as_written(run, agent_columns)) {
        return;
    }
    const Position said = agent.progress.checkpoint;
    const std::optional<Position> written = written_checkpoint(context, run);
    if (!written) {
        context.add({.kind = FindingKind::agent_changed,
                     .what = "the row of agent " + agent.name + " is not as it was written",
                     .agent = agent.name});
        return;
    }
    agent.progress.checkpoint = *written;
    context.add(
        {.kind = said > *written ? FindingKind::checkpoint_ahead : FindingKind::checkpoint_behind,
         .what = "the checkpoint of agent " + agent.name + " is " + std::to_string(said) +
                 ", and it was " + std::to_string(*written),
         .position = said,
         .agent = agent.name});
}

void check_note(VerifyContext& context, const Statement::Run& run, const VerifiedAgent& agent) {
    std::string wrong;
    try {
        const std::optional<BegunNote> note = begun_note(context.connection, run, 6);
        if (!note) {
            return;
        }
        if (note->range.first > note->range.last || note->range.last > context.log.last_position) {
            wrong = "names the events " + std::to_string(note->range.first) + " to " +
                    std::to_string(note->range.last);
        } else if (note->alone != 0 && note->repeated.empty()) {
            wrong = "says that one ran alone and names none";
        }
    } catch (const StoreDamaged&) {
        wrong = "is no list of positions";
    }
    if (!wrong.empty()) {
        context.add({.kind = FindingKind::begun_note_wrong,
                     .what = "the note of what agent " + agent.name + " had begun " + wrong,
                     .agent = agent.name});
    }
}

/// The ranges of one agent.
struct Ranges {
    std::uint64_t count = 0;
    Checksum checksum;
    Position last = 0;
};

void see_range(VerifyContext& context, VerifiedAgent& agent, Ranges& ranges, PositionRange range) {
    ++ranges.count;
    ranges.checksum.add(range.first);
    ranges.checksum.add(range.last);
    const Position before = std::max(ranges.last, agent.progress.checkpoint);
    std::string wrong;
    if (range.first > range.last) {
        wrong = "is backwards";
    } else if (range.last > context.log.last_position) {
        wrong = "goes beyond the last position, " + std::to_string(context.log.last_position);
    } else if (range.first <= before + 1) {
        wrong = ranges.last == 0 ? "begins at or below the checkpoint, " +
                                       std::to_string(agent.progress.checkpoint)
                                 : "overlaps or touches the one before it";
    }
    if (!wrong.empty()) {
        context.add({.kind = FindingKind::range_wrong,
                     .what = "the range " + std::to_string(range.first) + " to " +
                             std::to_string(range.last) + ", settled by agent " + agent.name +
                             ", " + wrong,
                     .position = range.first,
                     .agent = agent.name});
    } else {
        agent.progress.ahead.emplace(range.first, range.last);
    }
    ranges.last = std::max(ranges.last, range.last);
}

void compare_ranges(VerifyContext& context, const VerifiedAgent& agent, const Ranges& found,
                    std::uint64_t count, std::int64_t checksum) {
    if (found.count == count && found.checksum.value() == checksum) {
        return;
    }
    const FindingKind kind = found.count < count   ? FindingKind::range_missing
                             : found.count > count ? FindingKind::range_added
                                                   : FindingKind::range_changed;
    context.add(
        {.kind = kind,
         .what = "agent " + agent.name + " has " + std::to_string(found.count) +
                 " ranges of settled events ahead of its checkpoint" +
                 (found.count == count ? ", which are not those that were written"
                                       : ", and " + std::to_string(count) + " were written"),
         .agent = agent.name});
}

} // namespace

void verify_agents(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT agent, start, checkpoint, delivered, finished, discarded, begun_first, "
                   "begun_last, begun_repeated, begun_alone, states, ranges, ranges_checksum, "
                   "replay_through, replay_effects, replay_live, "
                   "checksum FROM agents ORDER BY agent",
                   verifying_agents};
    std::int64_t sum = 0;
    for (Statement::Run run = read.run(); run.next();) {
        const std::int64_t id = run.integer(0);
        VerifiedAgent agent;
        agent.name = context.agent_name(id);
        agent.progress.start = run.number(1);
        agent.progress.checkpoint = run.number(2);
        agent.progress.delivered = run.number(3);
        agent.progress.finished = run.number(4);
        agent.progress.discarded = run.number(5);
        agent.states = run.number(10);
        sum = sum_of_checksums(sum, run.integer(agent_columns), 0);
        if (!context.names.contains(id)) {
            context.add({.kind = FindingKind::name_missing,
                         .what = "an agent has name " + std::to_string(id) + ", which is not there",
                         .agent = agent.name});
        }
        check_row(context, run, agent);
        check_note(context, run, agent);
        const Position most = std::max(context.log.last_position, agent.progress.start);
        if (agent.progress.checkpoint > most) {
            context.add({.kind = FindingKind::checkpoint_ahead,
                         .what = "the checkpoint of agent " + agent.name + ", " +
                                 std::to_string(agent.progress.checkpoint) +
                                 ", is beyond the last position, " + std::to_string(most),
                         .position = agent.progress.checkpoint,
                         .agent = agent.name});
        }
        context.agents.emplace(id, std::move(agent));
        ++context.report.agents;
    }
    if (context.log_known && sum != context.log.kept.agents) {
        context.add({.kind = FindingKind::agent_missing,
                     .what = "the rows of the " + std::to_string(context.report.agents) +
                             " agents are not all those that were written last: one is missing, "
                             "too many, or of an earlier time"});
    }
}

void verify_ranges(VerifyContext& context) {
    std::map<std::int64_t, Ranges> found;
    {
        Statement read{context.connection,
                       "SELECT agent, first_position, last_position FROM ahead "
                       "ORDER BY agent, first_position",
                       verifying_agents};
        for (Statement::Run run = read.run(); run.next();) {
            const auto agent = context.agents.find(run.integer(0));
            if (agent != context.agents.end()) {
                see_range(context, agent->second, found[agent->first],
                          {run.number(1), run.number(2)});
            }
        }
    }
    Statement read{context.connection, "SELECT agent, ranges, ranges_checksum FROM agents",
                   verifying_agents};
    for (Statement::Run run = read.run(); run.next();) {
        const auto agent = context.agents.find(run.integer(0));
        if (agent != context.agents.end()) {
            compare_ranges(context, agent->second, found[agent->first], run.number(1),
                           run.integer(2));
        }
    }
}

void verify_unknown_agents(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT agent, 'ranges ahead of its checkpoint', count(*) FROM ahead "
                   "WHERE agent NOT IN (SELECT agent FROM agents) GROUP BY agent UNION ALL "
                   "SELECT agent, 'deliveries', count(*) FROM deliveries "
                   "WHERE agent NOT IN (SELECT agent FROM agents) GROUP BY agent UNION ALL "
                   "SELECT agent, 'rows of state', count(*) FROM states "
                   "WHERE agent NOT IN (SELECT agent FROM agents) GROUP BY agent UNION ALL "
                   "SELECT agent, 'timers', count(*) FROM timers WHERE agent IS NOT NULL "
                   "AND agent NOT IN (SELECT agent FROM agents) GROUP BY agent",
                   verifying_agents};
    for (Statement::Run run = read.run(); run.next();) {
        const std::string name = context.agent_name(run.integer(0));
        context.add(
            {.kind = FindingKind::agent_missing,
             .what = "agent " + name + " has no row, and " + run.text(2) + " " + run.text(1),
             .agent = name});
    }
}

} // namespace bus::sqlite
