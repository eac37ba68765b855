#pragma once

#include <bus/event/timestamp.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <string>

namespace bus::agents {

/// How an execution stands.
enum class ExecutionOutcome : std::uint8_t {
    running,
    completed, ///< it ended well
    failed,    ///< it ended badly; a later redrive may still change that
};
BOOST_DESCRIBE_ENUM(ExecutionOutcome, running, completed, failed)

/// What the control agent knows of one execution, as it keeps it. Times are those of the events,
/// so that a replay gives the same state.
struct ExecutionState {
    std::string execution_id{};
    std::string aggregate_type{}; ///< of the first event seen
    std::string aggregate_id{};
    ExecutionOutcome outcome = ExecutionOutcome::running;
    /// The step it is in, or that failed. Empty where it has completed, or all steps are done and
    /// the event that ends it is still to come.
    std::string step{};
    Timestamp since{};          ///< when it came into this step, or ended
    std::string reached{};      ///< the furthest step that is done; empty: none
    Timestamp started_at{};     ///< of the first event seen
    std::string ended_by{};     ///< the event type that ended it; empty while it runs
    std::string failure{};      ///< of the last time it failed; kept if it recovers
    std::uint32_t failures = 0; ///< how often it failed, in all its history

    friend bool operator==(const ExecutionState&, const ExecutionState&) = default;
};
BOOST_DESCRIBE_STRUCT(ExecutionState, (),
                      (execution_id, aggregate_type, aggregate_id, outcome, step, since, reached,
                       started_at, ended_by, failure, failures))

} // namespace bus::agents
