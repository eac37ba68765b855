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
    std::optional<DeliveryRecord> record{}; ///< set: not the first attempt, or it was parked
    PositionRange settles{}; ///< of a first attempt: it, and what was passed before it
    std::optional<std::string> sequence{};        ///< once it is known; empty: in no order
    std::shared_ptr<const DomainEvent> decoded{}; ///< once it was read
    bool suspect = false; ///< the process may have died of it: it runs alone
};

/// A timer, and when it is due on the clock that its delay is counted on.
struct StartedTimer {
    TimerRecord record{};
    SteadyTime due{};
};

/// What is to be told and remembered of an attempt once it is committed.
struct Attempted {
    /// Null: there is nothing to tell. If it could not be read, what stands for it.
    std::shared_ptr<const DomainEvent> event{};
    Position waits_for = 0; ///< of the first that is parked in its sequence
    std::size_t part = 0;   ///< of the batch, in which it commits
    Position position = 0;  ///< 0: no delivery is concerned
    PositionRange settles{};
    std::uint32_t attempt = 1;
    Duration duration{}; ///< zero: nobody watched
    std::vector<std::shared_ptr<const DomainEvent>> emitted{};
    std::vector<StartedTimer> timers{};
    std::vector<std::uint64_t> cancelled_timers{};
    std::optional<Failure> failure{};
    std::optional<DeliveryRecord> delivery{}; ///< what it became; none: finished
    internal::NextAttempt next{};             ///< where it is deferred
    internal::StateCache::Written written{};
    bool attempted_again = false;                  ///< it had a row before
    bool command = false;                          ///< no attempt: an operator's command
    bool put_back = false;                         ///< that command was to replay
    std::function<void(const PartResult&)> done{}; ///< of a command
};

/// Steps of an agent that were run one after the other, and their parts, which are committed
/// together or, where a commit comes between, one after the other.
struct StepBatch {
    std::uint64_t chain = 0;
    std::vector<Part> parts{};
    std::vector<Attempted> attempts{}; ///< in order of their parts; several may share one
    std::vector<PartResult> results{};
    std::vector<Part> spent{};        ///< what the store has taken: freed with the batch
    std::size_t told = 0;             ///< the writer's own: attempts whose part has its result
    std::atomic<std::size_t> open{0}; ///< parts whose result is still to come
    bool alone = false;               ///< nobody else runs a step until it is committed
};

/// The part of a step that has only finished: nothing in it can be refused.
bool only_settles(const Part& part);

/// Makes one part of two steps in a row that only finished. They share a chain, so that they would
/// fail together anyway. False: one of them did more.
bool join(Part& before, const Part& next);

/// What an event says of itself, as long as that lives.
struct EventNames {
    std::string_view event_type{};
    std::string_view aggregate_type{};
    std::string_view aggregate_id{};

    /// Type and id in one: `Order/702-1`.
    [[nodiscard]] std::string aggregate() const;
};

/// Of the event itself where there is one: its record may have been left behind.
EventNames names_of(const StoredEvent& stored);

/// Something of the batch was not stored, or failed.
bool went_wrong(const StepBatch& batch);

/// Tells the sink what became of the batch's steps.
void report(const StepBatch& batch, std::string_view agent, internal::EventWarnings& warnings,
            ObserverSink& sink);

} // namespace bus
