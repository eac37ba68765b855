#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

/// The events that the retry agent emits. They have the aggregate id of the failure event, but the
/// aggregate type `Redrive`, so they are not part of the stream of the failed aggregate.
namespace bus::agents {

/// A dead letter was redriven: it was given to its agent again.
struct RedriveRequestedEvent : bus::Event<RedriveRequestedEvent> {
    std::string agent{};       ///< the agent that had given up
    bus::Uuid failed_event_id; ///< the event that it had given up on
    std::uint32_t round = 0;   ///< which redrive of the letter this is, from 1
    std::string reason{};      ///< why the agent had given up: the failure of its last attempt
};
BUS_DESCRIBE_EVENT(RedriveRequestedEvent, (agent, failed_event_id, round, reason))

/// The retry agent will not redrive a dead letter: a person has to decide what to do with it.
struct RedriveAbandonedEvent : bus::Event<RedriveAbandonedEvent> {
    std::string agent{};        ///< the agent that has given up
    bus::Uuid failed_event_id;  ///< the event that it has given up on
    std::uint32_t redrives = 0; ///< how often the letter was redriven, by anyone
    std::string reason{};       ///< why it is not redriven, with the failure of the last attempt
};
BUS_DESCRIBE_EVENT(RedriveAbandonedEvent, (agent, failed_event_id, redrives, reason))

} // namespace bus::agents
