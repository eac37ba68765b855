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
    /// The object that was published; null if there is none.
    std::shared_ptr<const DomainEvent> event{};
};

/// A delivery without its long members.
struct DeliveryBrief {
    Position position = 0;                         ///< position of the event
    DeliveryState state = DeliveryState::deferred; ///< why it has not finished
    Timestamp due{};                               ///< as in DeliveryRecord
    std::string sequence{};                        ///< as in DeliveryRecord
    /// True: its last attempt was not ready. It waits for something, and has not failed.
    bool not_ready = false;
    bool only_state = false; ///< as in DeliveryRecord
};

/// The due time of a deferred delivery whose event has a newer version than the program knows. This
/// time never comes; a program that knows the version tries the delivery again when it starts.
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
    std::uint64_t newer = 0;         ///< deferred ones whose `due` is due_in_newer_program
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

/// The deliveries that were under way, or about to be. If the process dies, one of them may have
/// killed it: those that are not settled then are the suspects.
struct BegunNote {
    PositionRange range{};            ///< first attempts; {0, 0}: none
    std::vector<Position> repeated{}; ///< further attempts, and deliveries that were parked
    /// How many times in a row the first of `repeated` has run with no other delivery under way; 0:
    /// it has not.
    std::uint32_t alone = 0;
    friend bool operator==(const BegunNote&, const BegunNote&) = default;
};

/// Puts an agent back in the log: its state and its counts are removed, and it begins again.
struct ReplayOrder {
    /// The agent begins after this position, but never after its checkpoint.
    Position after = 0;
    /// False: settled events are handled again only to rebuild the state. What their steps emit,
    /// schedule and command is dropped, because it has happened already. Unfinished deliveries and
    /// timers stay as they are. True: the agent handles everything after `after` as if for the
    /// first time. Its deliveries after that position, and all its timers, are removed.
    bool effects = false;
    friend bool operator==(const ReplayOrder&, const ReplayOrder&) = default;
};

/// The end of the text in RequestAnswer::result if a host has put an agent back for a replay, but
/// does not run that agent.
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
    /// Stored with the effect of the command, and only if the command changes something.
    std::optional<RequestAnswer> answer{};
    /// The number of the request that the command is part of; 0: it was given directly.
    std::uint64_t request = 0;
    friend bool operator==(const DeliveryCommand&, const DeliveryCommand&) = default;
};

/// The newest replay of an agent.
struct ReplayNote {
    Position through = 0; ///< the last position that belongs to the replay; 0: there was no replay
    bool effects = false; ///< true: it is a replay with effects
    /// The ranges up to `through` that were not settled when the replay began, and so do not belong
    /// to it. They are in order and do not touch each other.
    std::vector<PositionRange> live{};
    friend bool operator==(const ReplayNote&, const ReplayNote&) = default;

    /// True if the step for a position only rebuilds the agent's state.
    [[nodiscard]] bool only_state(Position position) const noexcept;
};

/// How far an agent has come in the log. An agent that was never registered has no record.
struct AgentRecord {
    std::string name{};                 ///< name of the agent
    Position start = 0;                 ///< the position after which it began
    Position checkpoint = 0;            ///< everything up to here is settled
    std::vector<PositionRange> ahead{}; ///< settled ranges after it, in order; they never touch
    std::uint64_t delivered = 0;        ///< settled events of the types it handles, in total
    std::uint64_t finished = 0;         ///< deliveries that finished, in total
    std::uint64_t discarded = 0;        ///< deliveries that an operator discarded, in total
    ReplayNote replay{};                ///< the newest replay
    friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

/// The counts of an agent, all taken at the same moment. Deliveries under way are not counted yet.
struct Conservation {
    std::string agent{};           ///< name of the agent
    std::uint64_t delivered = 0;   ///< as in AgentRecord
    std::uint64_t finished = 0;    ///< as in AgentRecord
    std::uint64_t discarded = 0;   ///< as in AgentRecord
    std::uint64_t deferred = 0;    ///< deliveries in this state
    std::uint64_t parked = 0;      ///< deliveries in this state
    std::uint64_t dead = 0;        ///< deliveries in this state
    std::uint64_t quarantined = 0; ///< part of `dead`

    /// True if everything that was delivered is accounted for.
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
    /// chain fails with BrokenChain. If `start` is set too, the agent is put back only if this part
    /// registers it.
    std::optional<ReplayOrder> replay{};
    /// Positions that this part settles. The store moves the checkpoint forward as far as all
    /// positions are settled, and keeps the settled positions after that as ranges
    /// (AgentRecord::ahead). Settling a position twice is harmless.
    std::vector<PositionRange> settled{};
    /// Parts of one agent and chain build on each other: if one fails, each later one fails with
    /// BrokenChain. 0: the part stands alone. A number of a chain must not be used again as long as
    /// the store object lives.
    std::uint64_t chain = 0;
    std::uint64_t delivered = 0; ///< added to AgentRecord::delivered
    std::uint64_t finished = 0;  ///< added to AgentRecord::finished
    /// Deliveries to be stored. Each replaces the one with the same agent and position, if there is
    /// one. An empty agent stands for the part's agent.
    std::vector<DeliveryRecord> put_deliveries{};
    std::vector<Position> erase_deliveries{}; ///< positions of deliveries of the part's agent
    std::vector<StateRecord> put_states{};    ///< of the part's agent; an old value is replaced
    std::vector<std::string> erase_states{};  ///< keys of the part's agent
    std::optional<BegunNote> begun{};         ///< replaces the agent's note

    std::vector<TimerRecord> put_timers{};     ///< each replaces the timer with its number
    std::vector<std::uint64_t> erase_timers{}; ///< timers of any agent; missing ones are ignored
    /// The timer that this part's event comes from. It is erased with the part. If it no longer
    /// exists, the part fails with TimerGone.
    std::uint64_t fires = 0;

    std::vector<DeliveryCommand> commands{}; ///< each leaves an answered request as its trace
    Timestamp commanded_at{};                ///< the time in those traces
    std::vector<RequestAnswer> answers{};    ///< answers to requests, stored with the part

    Durability durability = Durability::committed; ///< how long the part must survive
    /// The time of the commit, which the writer fills in. About once a minute the store notes it
    /// together with the position (EventStore::last_stored_before). If it is not set, nothing is
    /// noted.
    Timestamp stored_at{};
};

/// The result of one part.
struct PartResult {
    /// Where an event is stored. If the store had the event already (equal id and content), this is
    /// the place of the stored one, and `duplicate` is true.
    struct Place {
        Position position = 0;            ///< place in the global order
        std::uint64_t stream_version = 0; ///< counts from 1 in each stream
        bool duplicate = false;           ///< the event was stored before
    };

    std::vector<Place> places{}; ///< one for each of the part's events, in their order

    /// A delivery that a command changed: as it is now, or as it was before a discard.
    struct Changed {
        DeliveryAction action = DeliveryAction::redrive; ///< what the command did
        DeliveryRecord delivery;                         ///< the delivery concerned
    };

    std::vector<Changed> changed{}; ///< the deliveries that the part's commands changed
    /// Why nothing of the part was stored (VersionConflict, IdConflict, ...); null: it was stored.
    std::exception_ptr error;
};

} // namespace bus
