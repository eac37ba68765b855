#pragma once

#include <bus/agent/runner.hpp>
#include <bus/agent/step.hpp>
#include <bus/delivery/internal/state_cache.hpp>
#include <bus/delivery/step_batch.hpp>
#include <bus/store/event_store.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace bus {

/// Runs steps of one agent and writes down, as a part each, what they came to: what a successful
/// step did, or what a failed attempt makes of its delivery. Used by one thread at a time.
class StepRunner {
public:
    StepRunner(Agent& agent, EventStore& store, RunnerHub& hub, internal::StateCache& states,
               std::atomic<std::uint64_t>& last_timer)
        : agent_{agent}, store_{store}, hub_{hub}, states_{states}, last_timer_{last_timer} {}

    /// Names the sequence of a delivery; empty: it is in no order.
    const std::string& sequence_of(DeliveryItem& item);

    using Order = internal::StateCache::Order;

    /// Runs one step and adds its part to the batch, which is to be submitted while what is
    /// returned is held, if anything is. Throws StoreError where the store cannot be read.
    Order attempt(DeliveryItem& item, StepBatch& batch);

    /// Adds the part that puts a delivery behind others of its sequence, without an attempt.
    /// `waits_for`: the one that begins to hold up the sequence with it, which is told; 0: it is
    /// held up already.
    void park(DeliveryItem& item, StepBatch& batch, Position waits_for);

    /// Puts it in the sequence of its aggregate, whatever the agent says, but where its row names
    /// one.
    static void set_plain_sequence(DeliveryItem& item);

    /// Adds the part that gives a delivery up of which the process has died `deaths` times in a
    /// row. `tell`: what on_given_up publishes is part of it; else the event is not even read.
    Order quarantine(DeliveryItem& item, StepBatch& batch, std::uint32_t deaths, bool tell);

    /// The commit of a step was refused: its next attempt fails with this, without being run. Where
    /// the refused part was that of a failure already (`was_failure`), it is given up without
    /// on_given_up, whose events may be what is refused.
    void note_refused(Position position, const Failure& failure, bool was_failure) {
        refused_.insert_or_assign(position, Refused{failure, was_failure});
    }

    /// Says which events are handled again.
    void set_replay(ReplayNote replay) { replay_ = std::move(replay); }

    /// Whether the step of this delivery is for the agent's state alone.
    [[nodiscard]] bool only_state(const DeliveryItem& item) const {
        return item.record ? item.record->only_state : replay_.only_state(item.event->position);
    }

private:
    class Source;

    struct Refused {
        Failure failure;
        bool was_failure;
    };

    /// An attempt on its way into the batch.
    struct Draft {
        Part part;
        Attempted attempted;
        const Agent::Handler* handler = nullptr; ///< none: the agent does not take such events
        std::optional<StepInput> input{};        ///< always; it has no default
        Order order;                             ///< once state is written
    };

    Draft begin(DeliveryItem& item, const StepBatch& batch, bool read);
    static Order finish(Draft&& draft, StepBatch& batch);
    bool run(DeliveryItem& item, Draft& draft);
    bool give_up(DeliveryItem& item, Draft& draft, DeliveryRecord& delivery);
    bool fail(DeliveryItem& item, Draft& draft, bool may_tell);
    bool put_effects(StepEffects&& effects, Source& source, Draft& draft);
    static std::optional<Failure> put_events(StepOutcome& outcome, Part& part);
    static void keep_state_only(StepEffects& effects);

    Agent& agent_;
    EventStore& store_;
    RunnerHub& hub_;
    internal::StateCache& states_;
    std::atomic<std::uint64_t>& last_timer_;
    std::map<Position, Refused> refused_;
    ReplayNote replay_;
};

} // namespace bus
