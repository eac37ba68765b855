#pragma once

#include <agents/control/workflow.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::agents {

/// An execution that has been in its current step for longer than the workflow allows.
struct OverdueExecution {
    ExecutionState execution; ///< its state when it was read
    Timestamp due{};          ///< when the step should have been done
    Duration late{};          ///< the time since then
};

/// How many executions are running, completed or failed, and in which step.
struct ExecutionCounts {
    std::uint64_t running = 0;   ///< executions that have not ended
    std::uint64_t completed = 0; ///< executions that ended successfully
    std::uint64_t failed = 0;    ///< executions that ended with a failure
    std::uint64_t recovered = 0; ///< completed executions that had failed before
    /// By step. The empty name counts executions whose steps are all done, but whose end has not
    /// been seen.
    std::map<std::string, std::uint64_t> running_in{};
    std::map<std::string, std::uint64_t> failed_in{}; ///< by the step that failed
};

/// Reads the state that a control agent keeps in a store. It works from any process, also while the
/// agent runs, and sees only what is committed. Thread safe. The functions that read throw
/// StoreError.
class ControlView {
public:
    /// `store` must outlive the view; `agent` is the control agent's name.
    ControlView(EventStore& store, std::string agent, Workflow workflow);

    /// The state of an execution; none if the agent has seen no event of it.
    [[nodiscard]] std::optional<ExecutionState> execution(std::string_view execution_id) const;
    /// Every execution ever seen, ordered by id. This function and the ones below read the state of
    /// all executions.
    [[nodiscard]] std::vector<ExecutionState> executions() const;
    /// The running executions whose step is over its limit at `now`, the longest overdue first.
    [[nodiscard]] std::vector<OverdueExecution> overdue(Timestamp now) const;
    /// How many executions are in each outcome and step.
    [[nodiscard]] ExecutionCounts counts() const;

private:
    EventStore& store_;
    std::string agent_;
    Workflow workflow_;
};

} // namespace bus::agents
