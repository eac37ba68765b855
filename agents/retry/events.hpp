#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

/// What the retry agent tells. The aggregate id is that of the failure event, the aggregate type
/// `Redrive`, so that the failed aggregate's own stream is left alone.
namespace bus::agents {

/// A dead letter was given to its agent again.
struct RedriveRequestedEvent : bus::Event<RedriveRequestedEvent> {
    std::string agent{};       ///< that had given up
    bus::Uuid failed_event_id; ///< the event that it had given up on
    std::uint32_t round = 0;   ///< from 1
    std::string reason{};      ///< why it had given up: the failure of its last attempt
};
BUS_DESCRIBE_EVENT(RedriveRequestedEvent, (agent, failed_event_id, round, reason))

/// The retry agent leaves a dead letter where it is: it is for a person now.
struct RedriveAbandonedEvent : bus::Event<RedriveAbandonedEvent> {
    std::string agent{};        ///< that has given up
    bus::Uuid failed_event_id;  ///< the event that it has given up on
    std::uint32_t redrives = 0; ///< how often it was redriven, by whomever
    std::string reason{};       ///< why it is left, with the failure of the last attempt
};
BUS_DESCRIBE_EVENT(RedriveAbandonedEvent, (agent, failed_event_id, redrives, reason))

} // namespace bus::agents
