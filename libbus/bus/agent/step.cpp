#include <bus/agent/step.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/forced_unwind.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace bus {

namespace {

/// A step for BusOptions::around_steps to run.
template <class Run>
struct StepWithin {
    Context& context;
    Run& run;
    bool ran = false;
    std::optional<Failure> failure;

    LIBBUS_MAY_BE_UNWOUND static const Failure* run_once(void* step) {
        StepWithin& that = *static_cast<StepWithin*>(step);
        if (std::exchange(that.ran, true)) {
            throw std::logic_error{"BusOptions::around_steps runs the step twice: it must run it "
                                   "once"};
        }
        try {
            that.run(that.context);
        }
        LIBBUS_PASS_FORCED_UNWIND
        catch (...) {
            that.failure = Failure::from(std::current_exception());
        }
        return that.failure ? &*that.failure : nullptr;
    }
};

/// Runs the step inside the host's function. Throws the exception of that function, and the failure
/// of the step.
template <class Run>
void run_within(const AroundSteps& around, const StepInfo& info, Context& context, Run& run) {
    StepWithin<Run> step{context, run, false, {}};
    around(info, RunStep{&StepWithin<Run>::run_once, &step});
    if (!step.ran) {
        throw std::logic_error{"BusOptions::around_steps has returned without running the step: "
                               "it must run the step, or throw"};
    }
    if (step.failure) {
        throw Failure{*step.failure};
    }
}

template <class Run>
std::optional<Failure> attempt(const Agent& agent, const StepInput& input,
                               const std::vector<const EventType*>& may_emit, StepSource& source,
                               StepEffects& effects, const AroundSteps& around, bool giving_up,
                               Run run) {
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
        if (!around) [[likely]] {
            run(context);
        } else {
            run_within(around,
                       {.agent = agent.name(),
                        .event = input.event,
                        .position = input.position,
                        .attempt = input.attempt,
                        .redrives = input.redrives,
                        .replay = input.replay,
                        .giving_up = giving_up},
                       context, run);
        }
    } catch (...) {
        effects = {};
        failure = Failure::from(std::current_exception());
    }
    home.end_child_worker();
    return failure;
}

/// The message of an exception, or a substitute if it is not a std::exception.
std::string message_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "it threw something that is not a std::exception";
    }
}

} // namespace

std::optional<Failure> run_step(const Agent& agent, const Agent::Handler& handler,
                                const StepInput& input, StepSource& source, StepEffects& effects,
                                const AroundSteps& around) {
    return attempt(agent, input, handler.emits, source, effects, around, false,
                   [&](Context& context) { handler.handle(input.event, context); });
}

StepOutcome run_step(Agent& agent, const StepInput& input, StepSource& source,
                     const AroundSteps& around) {
    StepOutcome outcome;
    if (const Agent::Handler* handler = agent.handler_for(input.event.type())) {
        outcome.failure = run_step(agent, *handler, input, source, outcome.effects, around);
    }
    return outcome;
}

StepOutcome run_given_up(Agent& agent, const StepInput& input, const Failure& failure,
                         StepSource& source, const AroundSteps& around) {
    StepOutcome outcome;
    outcome.failure =
        attempt(agent, input, agent.emits_when_given_up(), source, outcome.effects, around, true,
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
