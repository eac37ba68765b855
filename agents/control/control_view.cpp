#include <agents/control/control_agent.hpp>
#include <agents/control/control_view.hpp>
#include <bus/event/codec.hpp>

#include <algorithm>

namespace bus::agents {

ControlView::ControlView(EventStore& store, std::string agent, Workflow workflow)
    : store_{store}, agent_{std::move(agent)}, workflow_{std::move(workflow)} {}

namespace {

ExecutionState read(const EventStore& store, const std::string& agent, const StateRecord& record) {
    try {
        return from_json_text<ExecutionState>(record.json);
    } catch (const CodecError& error) {
        throw StoreError{store.description() + ": the state '" + record.key + "' of agent '" +
                         agent + "' is not that of a control agent: " + error.what()};
    }
}

} // namespace

std::optional<ExecutionState> ControlView::execution(std::string_view execution_id) const {
    const auto record = store_.state(agent_, ControlAgent::state_key(execution_id));
    return record ? std::optional{read(store_, agent_, *record)} : std::nullopt;
}

std::vector<ExecutionState> ControlView::executions() const {
    std::vector<ExecutionState> all;
    for (const StateRecord& record : store_.states(agent_, ControlAgent::state_prefix)) {
        all.push_back(read(store_, agent_, record));
    }
    return all;
}

std::vector<OverdueExecution> ControlView::overdue(Timestamp now) const {
    std::vector<OverdueExecution> late;
    for (ExecutionState& execution : executions()) {
        const Workflow::Step* step = execution.outcome == ExecutionOutcome::running
                                         ? workflow_.find_step(execution.step)
                                         : nullptr;
        if (step == nullptr || !step->within) {
            continue;
        }
        const Timestamp due = execution.since + *step->within;
        if (due < now) {
            late.push_back({std::move(execution), due, now - due});
        }
    }
    std::stable_sort(late.begin(), late.end(),
                     [](const auto& a, const auto& b) { return a.due < b.due; });
    return late;
}

ExecutionCounts ControlView::counts() const {
    ExecutionCounts counts;
    for (const ExecutionState& execution : executions()) {
        switch (execution.outcome) {
        case ExecutionOutcome::running:
            ++counts.running;
            ++counts.running_in[execution.step];
            break;
        case ExecutionOutcome::completed:
            ++counts.completed;
            counts.recovered += execution.failures > 0 ? 1U : 0U;
            break;
        case ExecutionOutcome::failed:
            ++counts.failed;
            ++counts.failed_in[execution.step];
            break;
        }
    }
    return counts;
}

} // namespace bus::agents
