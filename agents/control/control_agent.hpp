#pragma once

#include <agents/control/workflow.hpp>
#include <bus/agent/agent.hpp>

#include <string>
#include <string_view>

namespace bus::agents {

/// Follows each execution through a workflow, and keeps where it stands in its durable state:
/// one read and one write an event, whatever the number of executions. Events without an execution
/// id are passed over. ControlView reads what it keeps.
class ControlAgent final : public Agent {
public:
    /// Throws std::invalid_argument for an empty name, or a workflow without steps.
    ControlAgent(std::string name, Workflow workflow);

    [[nodiscard]] const Workflow& workflow() const noexcept { return workflow_; }

    /// The key under which the state of an execution is kept.
    [[nodiscard]] static std::string state_key(std::string_view execution_id);
    /// What the keys of all executions begin with.
    static constexpr std::string_view state_prefix = "execution/";

private:
    void follow(const DomainEvent& event, Context& context) const;

    Workflow workflow_;
};

} // namespace bus::agents
