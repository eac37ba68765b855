#pragma once

#include <bus/delivery/internal/event_warnings.hpp>
#include <bus/delivery/internal/held_up.hpp>
#include <bus/delivery/internal/state_cache.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/store/records.hpp>
#include <bus/store/writer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// One delivery to be attempted.
struct DeliveryItem {
    Writer::Event event;
    std::optional<DeliveryRecord> record{}; ///< set if it was attempted or parked before
    PositionRange settles{}; ///< for a first attempt: its position and those passed before it
    std::optional<std::string> sequence{};        ///< once it is known; empty: it needs no order
    std::shared_ptr<const DomainEvent> decoded{}; ///< once it was read
    bool suspect = false; ///< it may have killed the process, so it runs alone
};

/// A timer, and its due time on the steady clock, which its delay is counted on.
struct StartedTimer {
    TimerRecord record{};
    SteadyTime due{};
};

/// What to report and to remember about an attempt once it is committed.
struct Attempted {
    /// Null if there is nothing to report. If it could not be read, the event that represents it.
    std::shared_ptr<const DomainEvent> event{};
    Position waits_for = 0; ///< for the first delivery parked in its sequence: the one before it
    std::size_t part = 0;   ///< index in the batch of the part that commits it
    Position position = 0;  ///< 0: it concerns no delivery
    PositionRange settles{};
    std::uint32_t attempt = 1;
    Duration duration{}; ///< zero: not measured, since nothing observes it
    std::vector<std::shared_ptr<const DomainEvent>> emitted{};
    std::vector<StartedTimer> timers{};
    std::vector<std::uint64_t> cancelled_timers{};
    std::optional<Failure> failure{};
    std::optional<DeliveryRecord> delivery{}; ///< what the delivery became; none: it finished
    internal::NextAttempt next{};             ///< if it is deferred
    internal::StateCache::Written written{};
    bool attempted_again = false;                  ///< it had a row before
    bool command = false;                          ///< not an attempt but an operator's command
    bool put_back = false;                         ///< the command was a replay
    std::function<void(const PartResult&)> done{}; ///< called with the result of a command
};

/// Steps of an agent that were run one after the other, and their parts. The parts are committed in
/// order, in one commit or in several.
struct StepBatch {
    std::uint64_t chain = 0;
    std::vector<Part> parts{};
    std::vector<Attempted> attempts{}; ///< in order of their parts; several may share one
    std::vector<PartResult> results{};
    std::vector<Part> spent{};        ///< parts that the store has taken; freed with the batch
    std::size_t told = 0;             ///< for the writer's thread: attempts that have a result
    std::atomic<std::size_t> open{0}; ///< parts that have no result yet
    bool alone = false;               ///< no other step runs until it is committed
};

/// Whether a part holds nothing but finished steps, so that the store cannot refuse anything in it.
bool only_settles(const Part& part);

/// Joins the parts of two consecutive steps that only finished. They share a chain, so they would
/// fail together anyway. Returns false if one of them did more.
bool join(Part& before, const Part& next);

/// The names in an event; valid as long as the event lives.
struct EventNames {
    std::string_view event_type{};
    std::string_view aggregate_type{};
    std::string_view aggregate_id{};

    /// The aggregate's type and id: `Order/702-1`.
    [[nodiscard]] std::string aggregate() const;
};

/// The names in the decoded event if there is one, else those in the record, which may be empty
/// otherwise.
EventNames names_of(const StoredEvent& stored);

/// Whether a step of the batch failed or was not stored.
bool went_wrong(const StepBatch& batch);

/// Reports the results of the batch's steps to the sink.
void report(const StepBatch& batch, std::string_view agent, internal::EventWarnings& warnings,
            ObserverSink& sink);

} // namespace bus
