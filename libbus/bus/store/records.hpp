#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The records of a store that agents and operators see. The others are in <bus/store/part.hpp>.
namespace bus {

/// An event's place in the global order of a store. Positions begin at 1 and increase; 0 means
/// before the first event.
using Position = std::uint64_t;

/// An event in the store.
struct StoredEvent {
    Position position = 0;            ///< place in the global order
    std::uint64_t stream_version = 0; ///< counts from 1 in each stream (aggregate type and id)
    EventRecord record{};             ///< the event, encoded
    /// The object that was published, while it is in memory; null for an event that was read from
    /// the store.
    std::shared_ptr<const DomainEvent> event{};
};

/// One failed attempt of a step.
struct AttemptRecord {
    Timestamp at{};                            ///< when the attempt failed
    FailureKind kind = FailureKind::transient; ///< kind of the failure
    std::string message{};                     ///< what the step reported
    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(AttemptRecord, (), (at, kind, message))

/// The state of a delivery that has not finished.
enum class DeliveryState : std::uint8_t {
    deferred, ///< waits for its next attempt
    dead,     ///< given up; a redrive makes it deferred again
    parked,   ///< not attempted yet; waits behind a deferred or dead delivery of its sequence
};
BOOST_DESCRIBE_ENUM(DeliveryState, deferred, dead, parked)

/// The enumerator's name; "unknown" for any other value.
[[nodiscard]] const char* to_text(DeliveryState state) noexcept;

/// A delivery that has not finished. The agent's checkpoint may be after it already.
struct DeliveryRecord {
    std::string agent{};                           ///< name of the agent
    Position position = 0;                         ///< position of the event
    DeliveryState state = DeliveryState::deferred; ///< why it has not finished
    Timestamp due{};                               ///< time of the next attempt, if it is deferred
    std::uint32_t failures = 0; ///< failures that count against the policy, since the last redrive
    std::uint32_t redrives = 0; ///< how often it was redriven
    std::string sequence{};     ///< the sequence it belongs to; empty: it is in no sequence
    bool quarantined = false;   ///< dead because the process died each time the agent handled it
    bool only_state = false;    ///< its step is part of a replay without effects
    /// The number of the newest request at the time when the last attempt failed or the delivery
    /// was parked. Only later requests apply to the delivery in its present state. The store fills
    /// it in; 0: there was no request.
    std::uint64_t after_request = 0;
    std::vector<AttemptRecord> attempts{}; ///< all failed attempts, the oldest first
    friend bool operator==(const DeliveryRecord&, const DeliveryRecord&) = default;
};

/// What an agent keeps under one of its keys.
struct StateRecord {
    std::string key{};  ///< chosen by the agent
    std::string json{}; ///< the value, as JSON
    friend bool operator==(const StateRecord&, const StateRecord&) = default;
};

/// What an operator may ask for: of a delivery, of an agent, or of the log. A RequestRecord read
/// from a store may hold a number that has no name here, if a newer program wrote it.
enum class DeliveryAction : std::uint8_t {
    redrive, ///< a dead delivery becomes due at once
    discard, ///< a dead, deferred or parked delivery ends without having finished
    replay,  ///< the agent begins again; only its own state changes, there are no other effects
    replay_with_effects, ///< the agent begins again as if it had never handled the events
    forget, ///< everything kept for an agent is removed, because the agent is gone permanently
    prune,  ///< the oldest events are removed, if no agent needs any of them
    retry,  ///< a deferred delivery becomes due at once
    prune_requests, ///< requests that were answered before a time are removed
    prune_streams,  ///< the versions of streams whose last event is older than a time are forgotten
    rename,         ///< an agent gets another name, at once or not at all
};
BOOST_DESCRIBE_ENUM(DeliveryAction, redrive, discard, replay, replay_with_effects, forget, prune,
                    retry, prune_requests, prune_streams, rename)

/// A request of an operator, made in this process or another one. It stays as the trace of what was
/// done.
struct RequestRecord {
    std::uint64_t number = 0;                        ///< given by the store, in increasing order
    Timestamp at{};                                  ///< when it was made
    std::string who{};                               ///< who made the request
    std::string why{};                               ///< the reason given
    DeliveryAction action = DeliveryAction::redrive; ///< what is requested
    std::string agent{};                             ///< the agent; empty if the log is meant
    /// The event whose delivery is meant; 0: the group of the agent's deliveries that the other
    /// members describe. For a replay: the position where it begins; 0: the oldest event in the
    /// store. For pruning: the last event to remove.
    Position position = 0;
    std::optional<FailureKind> kind{}; ///< for a group: failure kind of the last attempt
    /// For a group: the cause_text that the last attempt's message must have.
    std::optional<std::string> error{};
    std::optional<Timestamp> done_at{}; ///< none: not carried out yet
    std::string result{};               ///< what was done, for people to read: "3 redriven"
    /// For a group: the state of its deliveries. None: deferred for a retry, dead for all other
    /// actions.
    std::optional<DeliveryState> state{};
    /// For a group: at most this many deliveries, those of the oldest events; 0: all.
    std::uint64_t limit = 0;
    /// For prune_requests and prune_streams: older ones are removed.
    std::optional<Timestamp> before{};
    /// The request that this one is a partial trace of; 0: none.
    std::uint64_t part_of = 0;
    /// For a replay: run it even if the log holds event types that the program does not know.
    bool forced = false;
    friend bool operator==(const RequestRecord&, const RequestRecord&) = default;
};

} // namespace bus
