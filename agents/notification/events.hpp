#pragma once

#include <bus/event/domain_event.hpp>

#include <string>

namespace bus::agents {

/// A message to be sent: what the notification agent makes of an event that asks for several, one
/// for each, so that each is a delivery with attempts and a dead letter of its own. The aggregate
/// id is that of the event that it is about.
struct NotificationRequestedEvent : bus::Event<NotificationRequestedEvent> {
    std::string notification_type{};
    std::string channel{};
    std::string text{};
    std::string idempotency_key{};
    bus::Uuid about_event_id; ///< the event that the message is about
    std::string about_event_type{};
    std::string about_aggregate_type{};
};
BUS_DESCRIBE_EVENT(NotificationRequestedEvent,
                   (notification_type, channel, text, idempotency_key, about_event_id,
                    about_event_type, about_aggregate_type))

} // namespace bus::agents
