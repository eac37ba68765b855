#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a store keeps, and the parts that are written to it.
namespace bus {

/// An event's place in the global order of a store. Positions begin at 1 and grow; 0 stands before
/// the first event.
using Position = std::uint64_t;

/// An event in the store.
struct StoredEvent {
    Position position = 0;
    std::uint64_t stream_version = 0; ///< counts from 1 in each stream (aggregate type and id)
    EventRecord record{};
    /// The object that was published, while it is in memory; what is read from the store has none.
    std::shared_ptr<const DomainEvent> event{};
};

/// An event on its way into the store.
struct NewEvent {
    EventRecord record{};
    /// The version that the stream must have before this event; 0: it must not exist yet.
    std::optional<std::uint64_t> expected_version{};
    std::shared_ptr<const DomainEvent> event{};
};

/// One failed attempt of a step.
struct AttemptRecord {
    Timestamp at{};
    FailureKind kind = FailureKind::transient;
    std::string message{};
    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(AttemptRecord, (), (at, kind, message))

enum class DeliveryState : std::uint8_t {
    deferred, ///< waits for its next attempt
    dead,     ///< given up; redrive makes it deferred again
    parked,   ///< never attempted yet: waits behind a deferred or dead one of its sequence
};
BOOST_DESCRIBE_ENUM(DeliveryState, deferred, dead, parked)

/// Its name, as above.
[[nodiscard]] const char* to_text(DeliveryState state) noexcept;

/// A delivery that the checkpoint of its agent has passed without its having finished.
struct DeliveryRecord {
    std::string agent{};
    Position position = 0;
    DeliveryState state = DeliveryState::deferred;
    Timestamp due{};            ///< of the next attempt; meaningless unless deferred
    std::uint32_t failures = 0; ///< that counted against the policy, since the last redrive
    std::uint32_t redrives = 0; ///< how often a dead one was given to the agent again
    std::string sequence{};     ///< in whose order it is handled; empty: in none
    bool quarantined = false;   ///< dead because the process died whenever the agent handled it
    bool only_state = false;    ///< its step is part of a replay without effects
    /// The newest request that there was when its last attempt failed, or when it was parked: what
    /// is asked later is asked of the delivery as it is. Filled in by the store; 0: there was none.
    std::uint64_t after_request = 0;
    std::vector<AttemptRecord> attempts{}; ///< every failed one, oldest first
    friend bool operator==(const DeliveryRecord&, const DeliveryRecord&) = default;
};

/// A delivery without what is long about it.
struct DeliveryBrief {
    Position position = 0;
    DeliveryState state = DeliveryState::deferred;
    Timestamp due{};
    std::string sequence{};
    bool not_ready = false; ///< its last attempt was; it waits for something, not after a failure
    bool only_state = false;
};

/// The due time of a deferred delivery that no time makes due: its event is of a newer version than
/// the program knew. A program that knows the version tries it again when it begins.
inline constexpr Timestamp due_in_newer_program = Timestamp::max() - Duration{1};

/// How many events there are of one type and version.
struct EventCount {
    std::string event_type{};
    std::uint32_t event_version = 1;
    std::uint64_t events = 0;
    friend bool operator==(const EventCount&, const EventCount&) = default;
};

/// How many deliveries an agent has not finished, of events of one type and version.
struct WaitingCount {
    std::string event_type{};
    std::uint32_t event_version = 1;
    std::uint64_t deferred = 0;
    std::uint64_t newer = 0; ///< of the deferred ones: due_in_newer_program
    std::uint64_t parked = 0;
    std::uint64_t dead = 0;
    friend bool operator==(const WaitingCount&, const WaitingCount&) = default;
};

/// Positions from `first` to `last`, both included.
struct PositionRange {
    Position first = 0;
    Position last = 0;
    friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

/// What an agent keeps under a key of its own.
struct StateRecord {
    std::string key{};
    std::string json{};
    friend bool operator==(const StateRecord&, const StateRecord&) = default;
};

/// An event that is to be published at a time.
struct TimerRecord {
    std::uint64_t number = 0; ///< grows in the order of scheduling; no number is ever used twice
    std::string agent{};      ///< whose step has scheduled it; empty: the host
    Timestamp due{};
    Timestamp scheduled_at{}; ///< the epoch: not known, it is of an older program
    EventRecord event{};
    friend bool operator==(const TimerRecord&, const TimerRecord&) = default;
};

/// Deliveries that were under way, or about to be. After a death of the process they are the
/// suspects, as far as they are not settled.
struct BegunNote {
    PositionRange range{};            ///< first attempts; {0, 0}: none
    std::vector<Position> repeated{}; ///< deliveries attempted again, and parked ones
    std::uint32_t alone = 0;          ///< set: the first of `repeated` ran alone, so often in a row
    friend bool operator==(const BegunNote&, const BegunNote&) = default;
};

/// What may be asked to be done to a delivery, to an agent, or to the log. In a RequestRecord that
/// was read it may be a number without a name here, of a newer program.
enum class DeliveryAction : std::uint8_t {
    redrive,             ///< a dead one becomes due at once
    discard,             ///< a dead, deferred or parked one is done with, without having finished
    replay,              ///< the agent begins again, without effects but on its own state
    replay_with_effects, ///< the agent begins again, as if it had never handled the events
    forget,              ///< all that is kept for an agent goes, since it is gone for good
    prune,               ///< the oldest events go, as far as every agent is done with them
    retry,               ///< a deferred one becomes due at once
    prune_requests,      ///< requests that were answered before a time go
    prune_streams,       ///< the versions of streams go whose last event is older than a time
    rename,              ///< an agent gets another name; done at once, or not at all
};
BOOST_DESCRIBE_ENUM(DeliveryAction, redrive, discard, replay, replay_with_effects, forget, prune,
                    retry, prune_requests, prune_streams, rename)

/// Puts an agent back: its state and its counts go, and it begins anew.
struct ReplayOrder {
    /// It begins with the next position; at the latest where its checkpoint is.
    Position after = 0;
    /// False: what had settled is handled again for the state alone, since what its steps emit,
    /// schedule and command has happened; deliveries that have not finished, and timers, stay as
    /// they are. True: all after `after` begins anew as if it had not been handled, and its
    /// deliveries go, and all timers.
    bool effects = false;
    friend bool operator==(const ReplayOrder&, const ReplayOrder&) = default;
};

/// What the result of a replay ends with where the host has put an agent back that it does not run.
inline constexpr std::string_view once_its_program_runs = ", once its program runs";

/// Says of a request that it was carried out. One that was answered before is left alone.
struct RequestAnswer {
    std::uint64_t number = 0; ///< of the request
    Timestamp at{};
    std::string result{};
    friend bool operator==(const RequestAnswer&, const RequestAnswer&) = default;
};

/// Something to be done to one delivery, with its trace. Done twice, it is done once.
struct DeliveryCommand {
    DeliveryAction action = DeliveryAction::redrive;
    std::string agent{};
    Position position = 0;
    std::string who{};
    std::string why{};
    /// Stored together with what it does, and only where it changes something.
    std::optional<RequestAnswer> answer{};
    std::uint64_t request = 0; ///< that it is part of; 0: none, it was given directly
    friend bool operator==(const DeliveryCommand&, const DeliveryCommand&) = default;
};

/// A command of an operator, from this process or another one; kept as the trace of what was done.
struct RequestRecord {
    std::uint64_t number = 0; ///< of the store; grows
    Timestamp at{};           ///< when it was made
    std::string who{};
    std::string why{};
    DeliveryAction action = DeliveryAction::redrive;
    std::string agent{}; ///< none where the log is pruned
    /// 0: the group of the agent's deliveries that the rest describes. Of a replay: where it
    /// begins; 0: with the oldest event kept. Where the log is pruned: the last event to go.
    Position position = 0;
    std::optional<FailureKind> kind{};  ///< of the last attempt
    std::optional<std::string> error{}; ///< of the last attempt: a message of that cause_text
    std::optional<Timestamp> done_at{}; ///< none: not carried out yet
    std::string result{};               ///< what came of it, for a person: "3 redriven"
    /// Of a group: the state of its deliveries; none: deferred ones to be retried, else dead ones.
    std::optional<DeliveryState> state{};
    std::uint64_t limit = 0; ///< of a group: at most so many, those of the oldest events; 0: all
    std::optional<Timestamp> before{}; ///< of requests and streams: what is older than this goes
    /// The request that this one is the trace of, in part; 0: none.
    std::uint64_t part_of = 0;
    /// Of a replay: also if the log holds types that the program does not know.
    bool forced = false;
    friend bool operator==(const RequestRecord&, const RequestRecord&) = default;
};

/// The newest replay of an agent.
struct ReplayNote {
    Position through = 0; ///< the last position that is a replay; 0: there was none
    bool effects = false;
    /// Positions up to `through` that had not settled when it began, and so are none: apart, in
    /// order.
    std::vector<PositionRange> live{};
    friend bool operator==(const ReplayNote&, const ReplayNote&) = default;

    /// Whether the step of a position is for the agent's state alone.
    [[nodiscard]] bool only_state(Position position) const noexcept;
};

/// Where an agent is in the log. An agent that the store has never heard of has no record.
struct AgentRecord {
    std::string name{};
    Position start = 0;                 ///< the position after which it began
    Position checkpoint = 0;            ///< up to here everything is settled
    std::vector<PositionRange> ahead{}; ///< what is settled above it: apart, in order
    std::uint64_t delivered = 0;        ///< events of its types that were settled, in all
    std::uint64_t finished = 0;         ///< deliveries that finished, in all
    std::uint64_t discarded = 0;        ///< that an operator has done with
    ReplayNote replay{};
    friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

/// The account of an agent, all of one moment. What is in flight is in no column yet.
struct Conservation {
    std::string agent{};
    std::uint64_t delivered = 0;
    std::uint64_t finished = 0;
    std::uint64_t discarded = 0;
    std::uint64_t deferred = 0;
    std::uint64_t parked = 0;
    std::uint64_t dead = 0;
    std::uint64_t quarantined = 0; ///< of the dead ones

    [[nodiscard]] bool holds() const noexcept {
        return delivered == finished + discarded + deferred + parked + dead;
    }
};

/// What commits together or not at all: a publish, or the outcome of a step.
struct Part {
    std::vector<NewEvent> events{};

    /// The agent that the rest is about; empty for a publish.
    std::string agent{};
    std::optional<Position> start{}; ///< registers the agent as beginning after this position
    /// Puts the agent back, before the rest of the part is written. Each later part of the part's
    /// chain fails with BrokenChain. With `start`: only where it is registered by it.
    std::optional<ReplayOrder> replay{};
    /// Positions that are settled with this part. The store moves the checkpoint over all that is
    /// settled from it on, and keeps the rest as ranges ahead of it. Settled twice is harmless.
    std::vector<PositionRange> settled{};
    /// Parts of one agent and chain stand on each other: where one fails, each later one fails
    /// with BrokenChain. 0: stands alone. A number is used for one chain in the life of the store
    /// object.
    std::uint64_t chain = 0;
    std::uint64_t delivered = 0; ///< added to the agent's count, and so on
    std::uint64_t finished = 0;
    std::vector<DeliveryRecord> put_deliveries{};
    std::vector<Position> erase_deliveries{};
    std::vector<StateRecord> put_states{};
    std::vector<std::string> erase_states{};
    std::optional<BegunNote> begun{}; ///< replaces the agent's note

    std::vector<TimerRecord> put_timers{};
    std::vector<std::uint64_t> erase_timers{}; ///< of whatever agent; missing ones are left alone
    /// The timer that this part's event comes from: it is erased, and the part fails with TimerGone
    /// where it is not there any more.
    std::uint64_t fires = 0;

    std::vector<DeliveryCommand> commands{}; ///< each leaves a request as its trace, carried out
    Timestamp commanded_at{};                ///< the time in those traces
    std::vector<RequestAnswer> answers{};

    Durability durability = Durability::committed;
    /// The time of the commit, which the writer fills in: a store notes now and then when it stored
    /// which position. Not set: it does not.
    Timestamp stored_at{};
};

/// What became of a part.
struct PartResult {
    /// In the order of the part's events. An event that was there already (equal id and content)
    /// has the place of the one that is kept, and `duplicate` set.
    struct Place {
        Position position = 0;
        std::uint64_t stream_version = 0;
        bool duplicate = false;
    };

    std::vector<Place> places{};

    /// A command that changed something; the delivery is as it is now, or was before a discard.
    struct Changed {
        DeliveryAction action = DeliveryAction::redrive;
        DeliveryRecord delivery;
    };

    std::vector<Changed> changed{};
    std::exception_ptr
        error; ///< set: nothing of the part is stored (VersionConflict, IdConflict, ...)
};

} // namespace bus
