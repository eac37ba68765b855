#pragma once

#include <bus/event/timestamp.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <string>

namespace bus::agents {

/// Whether an execution is still running, and if not, how it ended.
enum class ExecutionOutcome : std::uint8_t {
    running,   ///< it has not ended
    completed, ///< it ended successfully
    failed,    ///< it ended with a failure; a later redrive may still complete it
};
BOOST_DESCRIBE_ENUM(ExecutionOutcome, running, completed, failed)

/// What the control agent knows about one execution, in the form in which it is stored. All times
/// are times of events, so a replay gives the same state.
struct ExecutionState {
    std::string execution_id{};                           ///< of all its events
    std::string aggregate_type{};                         ///< of the first event seen
    std::string aggregate_id{};                           ///< of the first event seen
    ExecutionOutcome outcome = ExecutionOutcome::running; ///< as of the last event seen
    /// The step that the execution is in, or the step that failed. Empty if the execution has
    /// completed, or if all steps are done and the event that ends it is still to come.
    std::string step{};
    Timestamp since{};          ///< when the execution entered this step, or ended
    std::string reached{};      ///< the furthest step that is done; empty: none
    Timestamp started_at{};     ///< time of the first event seen
    std::string ended_by{};     ///< the event type that ended it; empty while it runs
    std::string failure{};      ///< the text of the latest failure; kept after a recovery
    std::uint32_t failures = 0; ///< how often it has failed since it started

    /// Whether all members are equal.
    friend bool operator==(const ExecutionState&, const ExecutionState&) = default;
};
BOOST_DESCRIBE_STRUCT(ExecutionState, (),
                      (execution_id, aggregate_type, aggregate_id, outcome, step, since, reached,
                       started_at, ended_by, failure, failures))

} // namespace bus::agents
