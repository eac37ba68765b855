#include <bus/agent/step.hpp>
#include <bus/runtime/home_process.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace bus {

namespace {

template <class Run>
std::optional<Failure> attempt(const Agent& agent, const StepInput& input,
                               const std::vector<const EventType*>& may_emit, StepSource& source,
                               StepEffects& effects, Run run) {
    const Context::Step step{.agent = agent.name(),
                             .event = input.event,
                             .position = input.position,
                             .attempt = input.attempt,
                             .redrives = input.redrives,
                             .replay = input.replay,
                             .may_emit = may_emit};
    std::optional<Failure> failure;
    const detail::HomeProcess home;
    try {
        Context context{step, source, effects};
        run(context);
    } catch (...) {
        effects = {};
        failure = Failure::from(std::current_exception());
    }
    home.end_child_worker();
    return failure;
}

/// What an exception says, and what to say of one that says nothing.
std::string message_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "it threw what is no std::exception";
    }
}

} // namespace

std::optional<Failure> run_step(const Agent& agent, const Agent::Handler& handler,
                                const StepInput& input, StepSource& source, StepEffects& effects) {
    return attempt(agent, input, handler.emits, source, effects,
                   [&](Context& context) { handler.handle(input.event, context); });
}

StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source) {
    StepOutcome outcome;
    if (const Agent::Handler* handler = agent.handler_for(input.event.type())) {
        outcome.failure = run_step(agent, *handler, input, source, outcome.effects);
    }
    return outcome;
}

StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source) {
    StepOutcome outcome;
    outcome.failure =
        attempt(agent, input, agent.emits_when_given_up(), source, outcome.effects,
                [&](Context& context) { agent.on_given_up(input.event, failure, context); });
    return outcome;
}

void start_agent(Agent& agent) {
    try {
        agent.on_start();
    } catch (...) {
        std::throw_with_nested(std::runtime_error{
            "agent " + agent.name() + " could not start: " + message_of(std::current_exception())});
    }
}

void stop_agent(Agent& agent, RunnerHub& hub) noexcept {
    try {
        agent.on_stop();
    } catch (...) {
        const std::string what = message_of(std::current_exception());
        hub.teller().on_trouble("agent " + agent.name() + ": on_stop failed: " + what);
    }
}

} // namespace bus
