#pragma once

#include <bus/event/failure.hpp>
#include <bus/store/records.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace bus {

class DomainEvent;

/// One attempt of a step, for a function around it.
struct StepInfo {
    std::string_view agent{};
    const DomainEvent& event;
    Position position = 0; ///< 0 without a store
    std::uint32_t attempt = 1;
    std::uint32_t redrives = 0;
    bool replay = false;    ///< only for the agent's state, see Context::replaying
    bool giving_up = false; ///< it is on_given_up that runs
};

/// What a function around a step calls to run it.
class RunStep {
public:
    using Run = const Failure* (*)(void* step);

    RunStep(Run run, void* step) : run_{run}, step_{step} {}

    /// Runs the step. Null: it has succeeded. Else why it failed, as long as the function runs.
    /// Throws std::logic_error if it was called before.
    const Failure* operator()() const { return run_(step_); }

private:
    Run run_;
    void* step_;
};

/// Called around each attempt of each step, on its thread:
///
///     options.around_steps = [](const bus::StepInfo& step, const bus::RunStep& run) {
///         const Span span{step.agent, step.event.event_type()};
///         const TenantScope tenant{step.event.user_id};
///         if (const bus::Failure* failure = run()) {
///             span.failed(failure->what());
///         }
///     };
///
/// It must run the step once, on this thread, before it returns. What it throws is the step's
/// failure, as if the step had thrown it: then nothing that the step did happens.
using AroundSteps = std::function<void(const StepInfo& step, const RunStep& run)>;

} // namespace bus
