#pragma once

#include <bus/agent/runner.hpp>
#include <bus/agent/step.hpp>
#include <bus/delivery/step_batch.hpp>
#include <bus/store/event_store.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace bus {

/// Runs the steps of one agent and writes down, as a part each, what they came to: what a
/// successful step did, or what a failed attempt makes of its delivery. Used by one thread at a
/// time.
class StepRunner {
public:
    StepRunner(Agent& agent, EventStore& store, RunnerHub& hub)
        : agent_{agent}, store_{store}, hub_{hub} {}

    /// Runs one step and adds its part to the batch. Throws StoreError where the store cannot be
    /// read.
    void attempt(DeliveryItem& item, StepBatch& batch);

    /// What earlier steps wrote is in the store now, or never will be.
    void forget_uncommitted() { uncommitted_states_.clear(); }

    /// The commit of a step was refused: its next attempt fails with this, without being run. Where
    /// the refused part was that of a failure already (`was_failure`), it is given up without
    /// on_given_up, whose events may be what is refused.
    void note_refused(Position position, const Failure& failure, bool was_failure) {
        refused_.insert_or_assign(position, Refused{failure, was_failure});
    }

private:
    class Source;

    struct Refused {
        Failure failure;
        bool was_failure;
    };

    static std::optional<Failure> put_events(StepOutcome& outcome, Part& part);
    void put_effects(StepEffects&& effects, Attempted& attempted, Part& part);
    StepEffects fail(DeliveryItem& item, Attempted& attempted, const StepInput* input,
                     Source& source, Part& part);

    Agent& agent_;
    EventStore& store_;
    RunnerHub& hub_;
    std::map<std::string, std::optional<std::string>, std::less<>> uncommitted_states_;
    std::map<Position, Refused> refused_;
};

} // namespace bus
