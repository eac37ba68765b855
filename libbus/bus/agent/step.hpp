#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/context.hpp>

#include <optional>

namespace bus {

/// What an attempt of a step came to: its effects, or why it failed.
struct StepOutcome {
    StepEffects effects; ///< empty where it failed
    std::optional<Failure> failure;
};

/// One delivery of an event to an agent.
struct StepInput {
    const DomainEvent& event;
    Position position = 0;
    std::uint32_t attempt = 1;
    std::uint32_t redrives = 0;
};

/// Runs the agent's handler for the event. Whatever it throws becomes the outcome's failure.
StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source);

/// Runs the agent's on_given_up. A failure in the outcome is one of on_given_up itself.
StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source);

} // namespace bus
