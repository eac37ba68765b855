#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/context.hpp>
#include <bus/agent/runner.hpp>
#include <bus/agent/step_effects.hpp>

#include <optional>

namespace bus {

/// The result of an attempt of a step: its effects, or why it failed.
struct StepOutcome {
    StepEffects effects{};            ///< empty if the attempt failed
    std::optional<Failure> failure{}; ///< why the attempt failed; none: it succeeded
};

/// One delivery of an event to an agent.
struct StepInput {
    const DomainEvent& event;   ///< the event
    Position position = 0;      ///< its position in the log; 0 without a store
    std::uint32_t attempt = 1;  ///< 1 for the first attempt
    std::uint32_t redrives = 0; ///< how often the delivery was redriven
    bool replay = false; ///< the event was handled before, and its consequences have happened
};

/// Runs the agent's handler for the event. An exception becomes the failure in the outcome.
/// `around` may be empty.
StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source,
                     const AroundSteps& around = {});

/// The same for a known handler. The effects are put into an object that can be used again; it is
/// empty if the step failed.
std::optional<Failure> run_step(const Agent& agent, const Agent::Handler& handler,
                                const StepInput& input, StepSource& source, StepEffects& effects,
                                const AroundSteps& around = {});

/// Runs the agent's on_start. If that throws, throws std::runtime_error with the agent's name and
/// the message; the exception is nested in it.
void start_agent(Agent& agent);

/// Runs the agent's on_stop. An exception is reported as trouble.
void stop_agent(Agent& agent, RunnerHub& hub) noexcept;

/// Runs the agent's on_given_up. A failure in the outcome is a failure of on_given_up itself.
StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source, const AroundSteps& around = {});

} // namespace bus
