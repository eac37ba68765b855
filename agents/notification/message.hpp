#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <string>

namespace bus::agents {

/// A message as a channel gets it.
struct Message {
    Timestamp time{};                ///< when this attempt to send it began
    std::string notification_type{}; ///< Rule::notification_type
    std::string channel{};           ///< the name of the channel
    std::string text{};              ///< what the rule's text makes of the event
    /// Unique to the message, and the same in each of its attempts. Messages are sent at least
    /// once; with this key the receiver can recognize a repeat.
    std::string idempotency_key{};
    Uuid event_id{};              ///< the event that the message is about
    std::string event_type{};     ///< of that event
    std::string execution_id{};   ///< of that event; may be empty
    std::string aggregate_type{}; ///< of that event
    std::string aggregate_id{};   ///< of that event; may be empty
};

} // namespace bus::agents
