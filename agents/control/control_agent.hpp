#pragma once

#include <agents/control/workflow.hpp>
#include <bus/agent/agent.hpp>

#include <string>
#include <string_view>

namespace bus::agents {

/// Follows each execution through a workflow and keeps its progress in the agent's durable state.
/// An event costs one read and at most one write of that state, however many executions there are.
/// Events without an execution id are ignored. ControlView reads the state.
class ControlAgent final : public Agent {
public:
    /// Throws std::invalid_argument if `name` is empty or the workflow has no steps.
    ControlAgent(std::string name, Workflow workflow);

    /// The workflow that the agent follows.
    [[nodiscard]] const Workflow& workflow() const noexcept { return workflow_; }

    /// The key under which the state of an execution is kept.
    [[nodiscard]] static std::string state_key(std::string_view execution_id);
    /// The prefix of the keys of all executions.
    static constexpr std::string_view state_prefix = "execution/";

private:
    void follow(const DomainEvent& event, Context& context) const;

    Workflow workflow_;
};

} // namespace bus::agents
