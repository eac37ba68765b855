#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/context.hpp>
#include <bus/agent/runner.hpp>

#include <optional>

namespace bus {

/// What an attempt of a step came to: its effects, or why it failed.
struct StepOutcome {
    StepEffects effects{}; ///< empty where it failed
    std::optional<Failure> failure{};
};

/// One delivery of an event to an agent.
struct StepInput {
    const DomainEvent& event;
    Position position = 0;
    std::uint32_t attempt = 1;
    std::uint32_t redrives = 0;
    bool replay = false; ///< the event was handled before, and what follows from it has happened
};

/// Runs the agent's handler for the event. Whatever it throws becomes the outcome's failure.
/// `around` may be empty.
StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source,
                     const AroundSteps& around = {});

/// The same for a handler that is known, with the effects in an object to be used again; they are
/// empty where the step failed.
std::optional<Failure> run_step(const Agent& agent, const Agent::Handler& handler,
                                const StepInput& input, StepSource& source, StepEffects& effects,
                                const AroundSteps& around = {});

/// Starts the agent, or throws std::runtime_error with its name and what on_start threw, nested.
void start_agent(Agent& agent);

/// Runs the agent's on_stop; what it throws is told as trouble.
void stop_agent(Agent& agent, RunnerHub& hub) noexcept;

/// Runs the agent's on_given_up. A failure in the outcome is one of on_given_up itself.
StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source, const AroundSteps& around = {});

} // namespace bus
