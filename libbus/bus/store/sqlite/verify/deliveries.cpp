#include <bus/event/codec.hpp>
#include <bus/store/sqlite/verify/context.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_set>

/// Checks the unfinished deliveries, and whether everything that was delivered is accounted for.
namespace bus::sqlite {

namespace {

constexpr const char* verifying_deliveries = "verify the deliveries of";
constexpr int delivery_columns = 11;
constexpr int later_columns = 1;
constexpr int position_column = 1;

/// For how many rows all positions are tried, and how many positions.
constexpr std::size_t most_deliveries_to_place = 10;
constexpr Position most_positions = 10'000'000;

/// Checks the deliveries, in order of agent and position.
class DeliveryCheck {
public:
    explicit DeliveryCheck(VerifyContext& context)
        : context_{context},
          event_{context.connection, "SELECT 1 FROM events WHERE position = ?1",
                 verifying_deliveries} {}

    void see(const Statement::Run& run) {
        const std::int64_t id = run.integer(0);
        if (id != agent_) {
            agent_ = id;
            blockers_.clear();
        }
        position_ = run.number(position_column);
        see_row(run);
        see_content(run);
        see_event(run);
        see_place_in_line(run);
    }

private:
    void tell(FindingKind kind, const std::string& how, bool note = false) {
        const std::string name = context_.agent_name(agent_);
        context_.add({.kind = kind,
                      .note = note,
                      .what = "the delivery of event " + std::to_string(position_) + " to agent " +
                              name + " " + how,
                      .position = position_,
                      .agent = name});
    }

    void see_row(const Statement::Run& run) {
        if (row_is_as_written(run, delivery_columns, later_columns)) {
            return;
        }
        if (const auto from = written_place(run)) {
            tell(FindingKind::delivery_moved,
                 "was written as that of event " + std::to_string(*from));
        } else {
            tell(FindingKind::delivery_changed, "is not as it was written");
        }
    }

    std::optional<Position> written_place(const Statement::Run& run) {
        if (placed_++ >= most_deliveries_to_place) {
            return std::nullopt;
        }
        const std::int64_t stored = run.integer(delivery_columns);
        const Position end = std::min(context_.log.last_position, most_positions);
        for (Position p = 1; p <= end; ++p) {
            if (stored == row_checksum_with(run, delivery_columns, position_column,
                                            static_cast<std::int64_t>(p), later_columns)) {
                return p;
            }
        }
        return std::nullopt;
    }

    void see_content(const Statement::Run& run) {
        const std::int64_t state = run.integer(2);
        if (state < 0 || state > static_cast<std::int64_t>(DeliveryState::parked)) {
            tell(FindingKind::delivery_invalid,
                 "is in a state that does not exist, " + std::to_string(state));
        }
        try {
            static_cast<void>(from_json_text<std::vector<AttemptRecord>>(run.view(9)));
        } catch (const CodecError& error) {
            tell(FindingKind::delivery_invalid,
                 std::string{"has attempts that cannot be read: "} + error.what());
        }
    }

    void see_event(const Statement::Run& /*run*/) {
        if (!event_.run(position_).next()) {
            tell(FindingKind::delivery_without_event, "is of an event that is not in the log");
        }
        const auto agent = context_.agents.find(agent_);
        if (agent != context_.agents.end() && !agent->second.progress.contains(position_)) {
            tell(FindingKind::delivery_unsettled,
                 "stands beyond its checkpoint, " +
                     std::to_string(agent->second.progress.checkpoint) +
                     ", and its ranges: the event would be handled twice");
        }
    }

    /// A parked delivery must wait behind a deferred or dead one of its sequence.
    void see_place_in_line(const Statement::Run& run) {
        const std::string_view sequence = run.view(6);
        const auto state = static_cast<DeliveryState>(run.integer(2));
        const std::size_t hash = std::hash<std::string_view>{}(sequence);
        if (state != DeliveryState::parked) {
            blockers_.insert(hash);
        } else if (sequence.empty()) {
            tell(FindingKind::delivery_invalid, "is parked, and in no sequence");
        } else if (!blockers_.contains(hash)) {
            // There may be no delivery in front for a short time: between the commit that finishes
            // the one in front and the attempt of this one. If rows are missing, it is damage.
            const auto agent = context_.agents.find(agent_);
            const bool accounted = agent != context_.agents.end() && agent->second.balanced;
            tell(FindingKind::parked_without_blocker,
                 "is parked, and nothing of its sequence '" + std::string{sequence} +
                     "' is deferred or dead in front of it",
                 accounted);
        }
    }

    VerifyContext& context_;
    Statement event_;
    std::int64_t agent_ = 0;
    Position position_ = 0;
    std::size_t placed_ = 0;
    std::unordered_set<std::size_t> blockers_; ///< hashes of the sequences of one agent
};

} // namespace

void verify_conservation(VerifyContext& context) {
    std::map<std::int64_t, std::uint64_t> rows;
    {
        Statement read{context.connection, "SELECT agent, count(*) FROM deliveries GROUP BY agent",
                       verifying_deliveries};
        for (Statement::Run run = read.run(); run.next();) {
            rows[run.integer(0)] = run.number(1);
        }
    }
    for (auto& [id, agent] : context.agents) {
        const internal::AgentProgress& progress = agent.progress;
        const std::uint64_t accounted = progress.finished + progress.discarded + rows[id];
        agent.balanced = progress.delivered == accounted;
        if (agent.balanced) {
            continue;
        }
        const bool missing = accounted < progress.delivered;
        const std::uint64_t count =
            missing ? progress.delivered - accounted : accounted - progress.delivered;
        context.add(
            {.kind = FindingKind::conservation_broken,
             .what = "of agent " + agent.name + " " + std::to_string(count) +
                     (missing ? " deliveries are missing: " : " deliveries are too many: ") +
                     std::to_string(progress.delivered) + " delivered, " +
                     std::to_string(progress.finished) + " finished, " +
                     std::to_string(progress.discarded) + " discarded, " +
                     std::to_string(rows[id]) + " deferred, parked or dead",
             .agent = agent.name});
    }
}

void verify_deliveries(VerifyContext& context) {
    DeliveryCheck check{context};
    Statement read{context.connection,
                   "SELECT agent, position, state, due, failures, redrives, sequence, quarantined, "
                   "last_kind, attempts, only_state, checksum, after_request FROM deliveries ORDER "
                   "BY agent, position",
                   verifying_deliveries};
    for (Statement::Run run = read.run(); run.next();) {
        check.see(run);
        context.tell("reading deliveries", ++context.report.deliveries, 0);
    }
}

} // namespace bus::sqlite
