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

/// An execution that has been in its step for longer than the workflow allows.
struct OverdueExecution {
    ExecutionState execution;
    Timestamp due{}; ///< when the step should have been done
    Duration late{}; ///< how long ago that was
};

/// How many executions stand where.
struct ExecutionCounts {
    std::uint64_t running = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::uint64_t recovered = 0; ///< of the completed ones: had failed before
    /// By step; the empty name stands for those whose steps are all done, but no end was seen.
    std::map<std::string, std::uint64_t> running_in{};
    std::map<std::string, std::uint64_t> failed_in{};
};

/// Reads what a control agent keeps in a store, from whatever process, also while the agent runs;
/// it sees what is committed. Thread safe. All members throw StoreError.
class ControlView {
public:
    /// `store` must outlive the view; `agent` is the control agent's name.
    ControlView(EventStore& store, std::string agent, Workflow workflow);

    /// How an execution stands; none: the agent has seen no event of it.
    [[nodiscard]] std::optional<ExecutionState> execution(std::string_view execution_id) const;
    /// Every execution ever seen, by id. This and the following read them all.
    [[nodiscard]] std::vector<ExecutionState> executions() const;
    /// The running executions whose step has had its time, the longest overdue first.
    [[nodiscard]] std::vector<OverdueExecution> overdue(Timestamp now) const;
    [[nodiscard]] ExecutionCounts counts() const;

private:
    EventStore& store_;
    std::string agent_;
    Workflow workflow_;
};

} // namespace bus::agents
