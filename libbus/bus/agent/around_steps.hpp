#pragma once

#include <bus/event/failure.hpp>
#include <bus/store/records.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace bus {

class DomainEvent;

/// One attempt of a step, as the function around it sees it.
struct StepInfo {
    std::string_view agent{};   ///< the agent's name
    const DomainEvent& event;   ///< the event being handled
    Position position = 0;      ///< 0 without a store
    std::uint32_t attempt = 1;  ///< 1 for the first attempt
    std::uint32_t redrives = 0; ///< how often the delivery was redriven
    bool replay = false;        ///< the step only builds the agent's state: see Context::replaying
    bool giving_up = false;     ///< on_given_up runs, not a handler
};

/// Runs the step; given to the function around it.
class RunStep {
public:
    /// Runs a step; a function of the bus.
    using Run = const Failure* (*)(void* step);

    /// For the bus.
    RunStep(Run run, void* step) : run_{run}, step_{step} {}

    /// Runs the step. Returns null if it has succeeded, and otherwise why it failed; the pointer is
    /// valid while the function around the step runs. Throws std::logic_error at a second call.
    const Failure* operator()() const { return run_(step_); }

private:
    Run run_;
    void* step_;
};

/// A function that is called around each attempt of each step, on the step's thread:
///
///     options.around_steps = [](const bus::StepInfo& step, const bus::RunStep& run) {
///         const Span span{step.agent, step.event.event_type()};
///         const TenantScope tenant{step.event.user_id};
///         if (const bus::Failure* failure = run()) {
///             span.failed(failure->what());
///         }
///     };
///
/// It must run the step exactly once, on this thread, before it returns. If it throws, the step
/// fails with that exception, and nothing that the step did takes effect.
using AroundSteps = std::function<void(const StepInfo& step, const RunStep& run)>;

} // namespace bus
