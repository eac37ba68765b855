#include <agents/control/workflow.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::agents {

Workflow& Workflow::step(const EventType& done_by, std::string name,
                         std::optional<Duration> within) {
    const auto refuse = [&](const std::string& why) {
        throw std::invalid_argument{"workflow '" + name_ + "', step '" + name + "': " + why};
    };
    if (name.empty()) {
        refuse("a step needs a name");
    }
    if (find_step(name) != nullptr) {
        refuse("the workflow already has a step of this name");
    }
    const auto same_type = std::find_if(
        steps_.begin(), steps_.end(), [&](const Step& other) { return other.done_by == &done_by; });
    if (same_type != steps_.end()) {
        refuse(std::string{done_by.name()} + " already ends step '" + same_type->name +
               "'; an event type can end only one step");
    }
    if (within && *within < Duration::zero()) {
        refuse("its time limit is below zero");
    }
    steps_.push_back({std::move(name), &done_by, within});
    return *this;
}

Workflow& Workflow::completes(const EventType& type) {
    return turn(type, Role::completes, {});
}

Workflow& Workflow::fails(const EventType& type, Explain explain) {
    if (!explain) {
        throw std::invalid_argument{"workflow '" + name_ + "': a failure by " +
                                    std::string{type.name()} +
                                    " needs a function that explains it"};
    }
    return turn(type, Role::fails, std::move(explain));
}

Workflow& Workflow::resumes(const EventType& type) {
    return turn(type, Role::resumes, {});
}

Workflow& Workflow::turn(const EventType& type, Role role, Explain explain) {
    const bool taken = std::any_of(turns_.begin(), turns_.end(),
                                   [&](const Turn& other) { return other.type == &type; });
    if (taken) {
        throw std::invalid_argument{"workflow '" + name_ + "': " + std::string{type.name()} +
                                    " is declared twice to complete, fail or resume an execution"};
    }
    turns_.push_back({&type, role, std::move(explain)});
    return *this;
}

const Workflow::Step* Workflow::find_step(std::string_view name) const noexcept {
    const auto found = std::find_if(steps_.begin(), steps_.end(),
                                    [name](const Step& step) { return step.name == name; });
    return found != steps_.end() ? &*found : nullptr;
}

std::vector<const EventType*> Workflow::event_types() const {
    std::vector<const EventType*> types;
    const auto add = [&types](const EventType* type) {
        if (std::find(types.begin(), types.end(), type) == types.end()) {
            types.push_back(type);
        }
    };
    for (const Step& step : steps_) {
        add(step.done_by);
    }
    for (const Turn& turn : turns_) {
        add(turn.type);
    }
    return types;
}

const Workflow::Turn* Workflow::find_turn(const EventType& type) const noexcept {
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        const auto found = std::find_if(turns_.begin(), turns_.end(),
                                        [t](const Turn& turn) { return turn.type == t; });
        if (found != turns_.end()) {
            return &*found;
        }
    }
    return nullptr;
}

std::size_t Workflow::done_with(std::string_view step) const noexcept {
    const Step* found = find_step(step);
    return found != nullptr ? static_cast<std::size_t>(found - steps_.data()) + 1 : 0;
}

std::size_t Workflow::done_by(const EventType& type) const noexcept {
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (steps_[i].done_by == t) {
                return i + 1;
            }
        }
    }
    return 0;
}

void Workflow::advance(ExecutionState& state, std::size_t done, Timestamp at) const {
    state.reached = steps_[done - 1].name;
    if (state.outcome == ExecutionOutcome::completed) {
        return; // a late event: a completed execution does not run again
    }
    state.outcome = ExecutionOutcome::running;
    state.ended_by.clear();
    state.step = done < steps_.size() ? steps_[done].name : std::string{};
    state.since = at;
}

std::optional<ExecutionState> Workflow::apply(const DomainEvent& event,
                                              const std::optional<ExecutionState>& known) const {
    const Turn* turn = find_turn(event.type());
    const std::size_t done = done_by(event.type());
    if (turn == nullptr && done == 0) {
        return std::nullopt;
    }
    ExecutionState state =
        known.value_or(ExecutionState{.execution_id = event.execution_id,
                                      .aggregate_type = std::string{event.aggregate_type()},
                                      .aggregate_id = std::string{event.aggregate_id()},
                                      .step = steps_.empty() ? std::string{} : steps_.front().name,
                                      .since = event.occurred_at,
                                      .started_at = event.occurred_at});
    if (done > done_with(state.reached)) {
        advance(state, done, event.occurred_at);
    }
    if (turn != nullptr && turn->role == Role::resumes) {
        if (state.outcome == ExecutionOutcome::failed) {
            state.outcome = ExecutionOutcome::running;
            state.ended_by.clear();
            state.since = event.occurred_at;
        }
    } else if (turn != nullptr && turn->role == Role::fails) {
        StepFailure failure = turn->explain(event);
        if (!failure.step.empty()) {
            state.step = std::move(failure.step);
        }
        state.outcome = ExecutionOutcome::failed;
        state.failure = std::move(failure.text);
        ++state.failures;
        state.ended_by = event.event_type();
        state.since = event.occurred_at;
    } else if (turn != nullptr && state.outcome != ExecutionOutcome::completed) {
        state.outcome = ExecutionOutcome::completed;
        state.step.clear();
        state.ended_by = event.event_type();
        state.since = event.occurred_at;
    }
    if (known && *known == state) {
        return std::nullopt;
    }
    return state;
}

} // namespace bus::agents
