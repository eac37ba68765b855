#pragma once

#include <bus/store/part.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace bus::internal {

/// How far a registered agent has come, with its counts and its note: what every store keeps of an
/// agent.
struct AgentProgress {
    Position start = 0;
    Position checkpoint = 0;
    std::map<Position, Position>
        ahead{}; ///< first to last of each range, apart and above checkpoint
    std::uint64_t delivered = 0;
    std::uint64_t finished = 0;
    std::uint64_t discarded = 0;
    std::optional<BegunNote> begun{};
    ReplayNote replay;

    /// The progress of an agent that begins after a position.
    static AgentProgress beginning(Position start);
    /// The progress of an agent that begins by replaying the whole log, which ends at `log_end`.
    static AgentProgress new_replaying(const ReplayOrder& order, Position log_end);
    /// This progress after the agent was put back. `unfinished`: the positions of its unfinished
    /// deliveries, in order.
    [[nodiscard]] AgentProgress put_back(const ReplayOrder& order,
                                         const std::vector<Position>& unfinished) const;

    /// Settles what the replay under way has not reached yet, because its effects have happened.
    void settle_replayed();

    /// Settles a range. It may contain positions that are settled already.
    void settle(PositionRange range);

    /// Whether a position is settled.
    [[nodiscard]] bool contains(Position position) const;

    /// Applies what a part says about its agent: what it settles, its counts, and its note.
    void take(const Part& part);

    /// The same as a record.
    [[nodiscard]] AgentRecord record(const std::string& name) const;
};

} // namespace bus::internal
