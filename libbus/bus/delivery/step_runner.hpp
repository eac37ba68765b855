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

/// Runs steps of one agent and records the result of each as a part: what a successful step did, or
/// what becomes of the delivery after a failed attempt. Only one thread may use it at a time.
class StepRunner {
public:
    StepRunner(Agent& agent, EventStore& store, RunnerHub& hub, internal::StateCache& states,
               std::atomic<std::uint64_t>& last_timer)
        : agent_{agent}, store_{store}, hub_{hub}, states_{states}, last_timer_{last_timer} {}

    /// The sequence of a delivery; empty if it needs no order.
    const std::string& sequence_of(DeliveryItem& item);

    using Order = internal::StateCache::Order;

    /// Runs one step and adds its part to the batch. If the returned lock is held, keep it until
    /// the batch is submitted. Throws StoreError if the store cannot be read.
    Order attempt(DeliveryItem& item, StepBatch& batch);

    /// Adds the part that parks a delivery behind others of its sequence, without an attempt. If
    /// this is the first one that its sequence parks, `waits_for` is the delivery it waits for, and
    /// observers are told; otherwise it is 0.
    void park(DeliveryItem& item, StepBatch& batch, Position waits_for);

    /// Puts the delivery into the sequence of its aggregate, whatever the agent's settings say. A
    /// delivery with a row keeps the sequence in the row.
    static void set_plain_sequence(DeliveryItem& item);

    /// Adds the part that gives up a delivery during which the process has died `deaths` times in a
    /// row. If `tell` is true, on_given_up runs and what it publishes goes into the part. If not,
    /// the event is not even read.
    Order quarantine(DeliveryItem& item, StepBatch& batch, std::uint32_t deaths, bool tell);

    /// Notes that the commit of a step was refused: its next attempt is not run but fails with this
    /// failure. If the refused part was already that of a failure (`was_failure`), the delivery is
    /// given up without on_given_up, because the events of on_given_up may be the reason.
    void note_refused(Position position, const Failure& failure, bool was_failure) {
        refused_.insert_or_assign(position, Refused{failure, was_failure});
    }

    /// Sets which events are replayed.
    void set_replay(ReplayNote replay) { replay_ = std::move(replay); }

    /// Whether the step of this delivery may only change the agent's state, as in a replay.
    [[nodiscard]] bool only_state(const DeliveryItem& item) const {
        return item.record ? item.record->only_state : replay_.only_state(item.event->position);
    }

private:
    class Source;

    struct Refused {
        Failure failure;
        bool was_failure;
    };

    /// An attempt that is not in the batch yet.
    struct Draft {
        Part part;
        Attempted attempted;
        const Agent::Handler* handler = nullptr; ///< null: the agent has no handler for the event
        std::optional<StepInput> input{};        ///< always set; StepInput has no default
        Order order;                             ///< held after state was written
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
