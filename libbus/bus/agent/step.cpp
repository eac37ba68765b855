#include <bus/agent/step.hpp>

namespace bus {

namespace {

template <class Run>
StepOutcome attempt(Agent& agent, const StepInput& input,
                    const std::vector<const EventType*>& may_emit, StepSource& source, Run run) {
    StepOutcome outcome;
    const Context::Step step{.agent = agent.name(),
                             .event = input.event,
                             .position = input.position,
                             .attempt = input.attempt,
                             .redrives = input.redrives,
                             .may_emit = may_emit};
    try {
        Context context{step, source, outcome.effects};
        run(context);
    } catch (...) {
        outcome.failure = Failure::from(std::current_exception());
        outcome.effects = {};
    }
    return outcome;
}

} // namespace

StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source) {
    const Agent::Handler* handler = agent.handler_for(input.event.type());
    if (handler == nullptr) {
        return {};
    }
    return attempt(agent, input, handler->emits, source,
                   [&](Context& context) { handler->handle(input.event, context); });
}

StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source) {
    return attempt(agent, input, agent.emits_when_given_up(), source,
                   [&](Context& context) { agent.on_given_up(input.event, failure, context); });
}

} // namespace bus
