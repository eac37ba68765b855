#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>
#include <bus/store/records.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is written to a store, and the records that only a store and its users see.
namespace bus {

/// An event on its way into the store.
struct NewEvent {
    EventRecord record{}; ///< the event, encoded
    /// The version that the stream must have before this event; 0: the stream must not exist yet;
    /// none: any version.
    std::optional<std::uint64_t> expected_version{};
    /// The object that was published, if there is one.
    std::shared_ptr<const DomainEvent> event{};
};

/// A delivery without its long members.
struct DeliveryBrief {
    Position position = 0;                         ///< position of the event
    DeliveryState state = DeliveryState::deferred; ///< why it has not finished
    Timestamp due{};                               ///< as in DeliveryRecord
    std::string sequence{};                        ///< as in DeliveryRecord
    /// The last attempt ended with not_ready: it waits for something and has not failed.
    bool not_ready = false;
    bool only_state = false; ///< as in DeliveryRecord
};

/// The due time of a deferred delivery whose event has a newer version than the program knows. No
/// time makes it due; a program that knows the version tries it again at its start.
inline constexpr Timestamp due_in_newer_program = Timestamp::max() - Duration{1};

/// How many events there are of one type and version.
struct EventCount {
    std::string event_type{};        ///< wire name
    std::uint32_t event_version = 1; ///< version of the type
    std::uint64_t events = 0;        ///< number of events
    friend bool operator==(const EventCount&, const EventCount&) = default;
};

/// How many deliveries of events of one type and version an agent has not finished.
struct WaitingCount {
    std::string event_type{};        ///< wire name
    std::uint32_t event_version = 1; ///< version of the type
    std::uint64_t deferred = 0;      ///< in this state
    std::uint64_t newer = 0;         ///< those of the deferred ones that are due_in_newer_program
    std::uint64_t parked = 0;        ///< in this state
    std::uint64_t dead = 0;          ///< in this state
    friend bool operator==(const WaitingCount&, const WaitingCount&) = default;
};

/// The positions from `first` to `last`, both included.
struct PositionRange {
    Position first = 0; ///< first position
    Position last = 0;  ///< last position
    friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

/// An event that is to be published at a given time.
struct TimerRecord {
    std::uint64_t number = 0; ///< increases in the order of scheduling; no number is used twice
    std::string agent{};      ///< the agent whose step scheduled it; empty: the host did
    Timestamp due{};          ///< when the event is to be published
    Timestamp scheduled_at{}; ///< the epoch if unknown: an older program stored it
    EventRecord event{};      ///< the event, encoded
    friend bool operator==(const TimerRecord&, const TimerRecord&) = default;
};

/// The deliveries that were under way, or about to be. If the process dies, those of them that are
/// not settled are the suspects.
struct BegunNote {
    PositionRange range{};            ///< first attempts; {0, 0}: none
    std::vector<Position> repeated{}; ///< deliveries that were attempted again, and parked ones
    /// How many times in a row the first of `repeated` ran alone; 0: it did not.
    std::uint32_t alone = 0;
    friend bool operator==(const BegunNote&, const BegunNote&) = default;
};

/// Puts an agent back: its state and its counts are removed, and it begins anew.
struct ReplayOrder {
    /// The agent begins after this position, but never after its checkpoint.
    Position after = 0;
    /// False: settled events are handled again only to rebuild the state, because what their steps
    /// emitted, scheduled and commanded has happened already. Unfinished deliveries and timers stay
    /// as they are. True: the agent handles everything after `after` as if for the first time; its
    /// deliveries after that position, and all its timers, are removed.
    bool effects = false;
    friend bool operator==(const ReplayOrder&, const ReplayOrder&) = default;
};

/// The end of a replay's result if the host has put back an agent that it does not run.
inline constexpr std::string_view once_its_program_runs = ", once its program runs";

/// Marks a request as carried out. A request that was answered before is left unchanged.
struct RequestAnswer {
    std::uint64_t number = 0; ///< number of the request
    Timestamp at{};           ///< when the request was carried out
    std::string result{};     ///< what was done, for people to read
    friend bool operator==(const RequestAnswer&, const RequestAnswer&) = default;
};

/// An operator's action on one delivery, stored with its trace. Idempotent.
struct DeliveryCommand {
    DeliveryAction action = DeliveryAction::redrive; ///< redrive, discard or retry
    std::string agent{};                             ///< name of the agent
    Position position = 0;                           ///< position of the event
    std::string who{};                               ///< who gave the command
    std::string why{};                               ///< the reason given
    /// Stored together with the effect of the command, and only if the command changes something.
    std::optional<RequestAnswer> answer{};
    /// The request that the command is part of; 0: none, it was given directly.
    std::uint64_t request = 0;
    friend bool operator==(const DeliveryCommand&, const DeliveryCommand&) = default;
};

/// The newest replay of an agent.
struct ReplayNote {
    Position through = 0; ///< the last position that belongs to the replay; 0: there was no replay
    bool effects = false; ///< true: it is a replay with effects
    /// The ranges up to `through` that had not settled when the replay began, and so do not belong
    /// to it. They do not touch each other and are in order.
    std::vector<PositionRange> live{};
    friend bool operator==(const ReplayNote&, const ReplayNote&) = default;

    /// Whether the step for a position only rebuilds the agent's state.
    [[nodiscard]] bool only_state(Position position) const noexcept;
};

/// How far an agent has come in the log. An agent that was never registered has no record.
struct AgentRecord {
    std::string name{};                 ///< name of the agent
    Position start = 0;                 ///< the position after which it began
    Position checkpoint = 0;            ///< everything up to here is settled
    std::vector<PositionRange> ahead{}; ///< settled ranges above it: apart, in order
    std::uint64_t delivered = 0;        ///< settled events of its types, in total
    std::uint64_t finished = 0;         ///< deliveries that finished, in total
    std::uint64_t discarded = 0;        ///< deliveries that an operator discarded, in total
    ReplayNote replay{};                ///< the newest replay
    friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

/// The account of an agent, all taken at the same moment. Events in flight are not counted yet.
struct Conservation {
    std::string agent{};           ///< name of the agent
    std::uint64_t delivered = 0;   ///< as in AgentRecord
    std::uint64_t finished = 0;    ///< as in AgentRecord
    std::uint64_t discarded = 0;   ///< as in AgentRecord
    std::uint64_t deferred = 0;    ///< deliveries in this state
    std::uint64_t parked = 0;      ///< deliveries in this state
    std::uint64_t dead = 0;        ///< deliveries in this state
    std::uint64_t quarantined = 0; ///< part of `dead`

    /// Whether everything that was delivered is accounted for.
    [[nodiscard]] bool holds() const noexcept {
        return delivered == finished + discarded + deferred + parked + dead;
    }
};

/// What is committed together or not at all: a publish, or the outcome of a step.
struct Part {
    std::vector<NewEvent> events{}; ///< to be appended, in this order

    /// The agent that the other members are about; empty for a publish.
    std::string agent{};
    std::optional<Position> start{}; ///< registers the agent as beginning after this position
    /// Puts the agent back before the rest of the part is written. Each later part of the same
    /// chain fails with BrokenChain. With `start`: only if this part registers the agent.
    std::optional<ReplayOrder> replay{};
    /// Positions that this part settles. The store moves the checkpoint over everything settled
    /// without a gap, and keeps the rest as ranges ahead of the checkpoint. Settling a position
    /// twice is harmless.
    std::vector<PositionRange> settled{};
    /// Parts of one agent and chain build on each other: if one fails, each later one fails with
    /// BrokenChain. 0: the part stands alone. A chain number must not be reused in the life of the
    /// store object.
    std::uint64_t chain = 0;
    std::uint64_t delivered = 0; ///< added to the agent's count, like the next one
    std::uint64_t finished = 0;  ///< added to the agent's count
    /// Deliveries to be stored. One with the same agent and position is replaced. If its agent is
    /// empty, it gets the part's agent.
    std::vector<DeliveryRecord> put_deliveries{};
    std::vector<Position> erase_deliveries{}; ///< of the part's agent
    std::vector<StateRecord> put_states{};    ///< of the part's agent; replaced if there
    std::vector<std::string> erase_states{};  ///< keys of the part's agent
    std::optional<BegunNote> begun{};         ///< replaces the agent's note

    std::vector<TimerRecord> put_timers{};     ///< replaced if the number exists
    std::vector<std::uint64_t> erase_timers{}; ///< timers of any agent; missing ones are ignored
    /// The timer that this part's event comes from. It is erased with the part. If it no longer
    /// exists, the part fails with TimerGone.
    std::uint64_t fires = 0;

    std::vector<DeliveryCommand> commands{}; ///< each leaves a request as its trace, answered
    Timestamp commanded_at{};                ///< the time in those traces
    std::vector<RequestAnswer> answers{};    ///< of requests, stored with the part

    Durability durability = Durability::committed; ///< how long the part must survive
    /// The time of the commit, filled in by the writer. From it the store notes now and then which
    /// position it stored when. Not set: no such note.
    Timestamp stored_at{};
};

/// The result of one part.
struct PartResult {
    /// Where an event is stored; in the order of the part's events. If the store had the event
    /// already (equal id and content), this is the place of the stored one and `duplicate` is set.
    struct Place {
        Position position = 0;            ///< place in the global order
        std::uint64_t stream_version = 0; ///< counts from 1 in each stream
        bool duplicate = false;           ///< the event was stored before
    };

    std::vector<Place> places{}; ///< where the part's events are stored

    /// A delivery that a command changed: as it is now, or as it was before a discard.
    struct Changed {
        DeliveryAction action = DeliveryAction::redrive; ///< what the command did
        DeliveryRecord delivery;                         ///< the delivery concerned
    };

    std::vector<Changed> changed{}; ///< by the part's commands
    std::exception_ptr
        error; ///< set: nothing of the part was stored (VersionConflict, IdConflict, ...)
};

} // namespace bus
