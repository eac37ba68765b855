#include <agents/control/control_agent.hpp>
#include <agents/control/control_view.hpp>
#include <bus/agent/read_state.hpp>
#include <bus/store/event_store.hpp>

#include <algorithm>

namespace bus::agents {

ControlView::ControlView(EventStore& store, std::string agent, Workflow workflow)
    : store_{store}, agent_{std::move(agent)}, workflow_{std::move(workflow)} {}

namespace {

/// Runs `read`. Turns a CodecError into a StoreError: the state is not that of a control agent.
template <class Read>
auto reading(const EventStore& store, Read read) {
    try {
        return read();
    } catch (const CodecError& error) {
        throw StoreError{store.description() + ": " + error.what() +
                         "; the agent seems not to be a control agent: name one"};
    }
}

} // namespace

std::optional<ExecutionState> ControlView::execution(std::string_view execution_id) const {
    return reading(store_, [&] {
        return read_state<ExecutionState>(store_, agent_, ControlAgent::state_key(execution_id));
    });
}

std::vector<ExecutionState> ControlView::executions() const {
    return reading(store_, [this] {
        std::vector<ExecutionState> all;
        for (const auto& [key, execution] :
             read_states<ExecutionState>(store_, agent_, ControlAgent::state_prefix)) {
            all.push_back(execution);
        }
        return all;
    });
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
