#include <agents/control/control_agent.hpp>

#include <stdexcept>
#include <string>

namespace bus::agents {

ControlAgent::ControlAgent(std::string name, Workflow workflow)
    : Agent{std::move(name)}, workflow_{std::move(workflow)} {
    if (workflow_.steps().empty()) {
        throw std::invalid_argument{"workflow '" + workflow_.name() +
                                    "' has no steps, so there is nothing to follow; declare them "
                                    "with step<Event>(name)"};
    }
    // The events of an execution may belong to several aggregates. If one event is deferred, the
    // later ones of the execution must wait: otherwise a replay would give another state.
    settings().sequence =
        Sequence::by([](const DomainEvent& event) { return std::string{event.execution_id}; });
    for (const EventType* type : workflow_.event_types()) {
        on(*type, [this](const DomainEvent& event, Context& context) { follow(event, context); });
    }
}

std::string ControlAgent::state_key(std::string_view execution_id) {
    return std::string{state_prefix}.append(execution_id);
}

void ControlAgent::follow(const DomainEvent& event, Context& context) const {
    if (event.execution_id.empty()) {
        return;
    }
    const std::string key = state_key(event.execution_id);
    if (const auto next = workflow_.apply(event, context.state<ExecutionState>(key))) {
        context.set_state(key, *next);
    }
}

} // namespace bus::agents
