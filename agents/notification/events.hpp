#pragma once

#include <bus/event/domain_event.hpp>

#include <string>

namespace bus::agents {

/// A message to be sent. If an event results in several messages, the notification agent emits one
/// of these for each message, so that each is a delivery with its own attempts and dead letter. The
/// aggregate id is that of the event that the message is about.
struct NotificationRequestedEvent : bus::Event<NotificationRequestedEvent> {
    std::string notification_type{};    ///< Rule::notification_type
    std::string channel{};              ///< the name of the channel
    std::string text{};                 ///< the text to send
    std::string idempotency_key{};      ///< Message::idempotency_key
    bus::Uuid about_event_id;           ///< the event that the message is about
    std::string about_event_type{};     ///< its event type
    std::string about_aggregate_type{}; ///< its aggregate type
};
BUS_DESCRIBE_EVENT(NotificationRequestedEvent,
                   (notification_type, channel, text, idempotency_key, about_event_id,
                    about_event_type, about_aggregate_type))

} // namespace bus::agents
