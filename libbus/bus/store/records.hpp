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
    EventRecord record;
    /// The object that was published, while it is in memory; what is read from the store has none.
    std::shared_ptr<const DomainEvent> event;
};

/// An event on its way into the store.
struct NewEvent {
    EventRecord record;
    /// The version that the stream must have before this event; 0: it must not exist yet.
    std::optional<std::uint64_t> expected_version;
    std::shared_ptr<const DomainEvent> event;
};

/// One failed attempt of a step.
struct AttemptRecord {
    Timestamp at{};
    FailureKind kind = FailureKind::transient;
    std::string message;
    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(AttemptRecord, (), (at, kind, message))

enum class DeliveryState : std::uint8_t {
    deferred, ///< waits for its next attempt
    dead,     ///< given up; redrive makes it deferred again
};
BOOST_DESCRIBE_ENUM(DeliveryState, deferred, dead)

/// A delivery that the checkpoint of its agent has passed without its having finished.
struct DeliveryRecord {
    std::string agent;
    Position position = 0;
    DeliveryState state = DeliveryState::deferred;
    Timestamp due{};            ///< of the next attempt; meaningless when dead
    std::uint32_t failures = 0; ///< that counted against the policy, since the last redrive
    std::uint32_t redrives = 0; ///< how often a dead one was given to the agent again
    std::vector<AttemptRecord> attempts; ///< every failed one, oldest first
    friend bool operator==(const DeliveryRecord&, const DeliveryRecord&) = default;
};

/// What an agent keeps under a key of its own.
struct StateRecord {
    std::string key;
    std::string json;
    friend bool operator==(const StateRecord&, const StateRecord&) = default;
};

/// A dead delivery that is to be tried again at once. One that is not dead is left alone.
struct RedriveRequest {
    std::string agent;
    Position position = 0;
};

/// Where an agent is in the log. An agent that the store has never heard of has no record.
struct AgentRecord {
    std::string name;
    Position start = 0;         ///< the position after which it began
    Position checkpoint = 0;    ///< up to here everything is settled
    std::uint64_t finished = 0; ///< deliveries that finished, in all
    friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

/// What commits together or not at all: a publish, or the outcome of a step.
struct Part {
    std::vector<NewEvent> events;

    /// The agent that the rest is about; empty for a publish.
    std::string agent;
    std::optional<Position> start;      ///< registers the agent as beginning after this position
    std::optional<Position> checkpoint; ///< moves it there, never back
    /// Where the agent's checkpoint must be before this part, else the part fails with
    /// StaleCheckpoint: after a part of an agent has failed, none of its later ones is stored.
    std::optional<Position> expected_checkpoint;
    std::uint64_t finished = 0; ///< added to the agent's count
    std::vector<DeliveryRecord> put_deliveries;
    std::vector<Position> erase_deliveries;
    std::vector<StateRecord> put_states;
    std::vector<std::string> erase_states;
    std::vector<RedriveRequest> redrives;

    Durability durability = Durability::committed;
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

    std::vector<Place> places;
    std::vector<DeliveryRecord> redriven; ///< those that were dead and are deferred now
    std::exception_ptr
        error; ///< set: nothing of the part is stored (VersionConflict, IdConflict, ...)
};

} // namespace bus
