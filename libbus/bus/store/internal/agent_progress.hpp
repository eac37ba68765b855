#pragma once

#include <bus/store/records.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace bus::internal {

/// How far a registered agent is, with its counts and its note: what every store keeps of it.
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

    /// One that begins after a position.
    static AgentProgress beginning(Position start);
    /// One that begins with a replay of all that is in the log, which ends at a position.
    static AgentProgress new_replaying(const ReplayOrder& order, Position log_end);
    /// This one, put back; `unfinished`: where it keeps deliveries, in order.
    [[nodiscard]] AgentProgress put_back(const ReplayOrder& order,
                                         const std::vector<Position>& unfinished) const;

    /// Settles what the replay under way has still to come to: its effects have happened.
    void settle_replayed();

    /// Settles a range; what was settled before may be in it.
    void settle(PositionRange range);

    [[nodiscard]] bool contains(Position position) const;

    /// Takes what a part says of its agent: what it settles and counts, and its note.
    void take(const Part& part);

    [[nodiscard]] AgentRecord record(const std::string& name) const;
};

} // namespace bus::internal
