#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <string>

namespace bus::agents {

/// What a channel is given to send.
struct Message {
    Timestamp time{}; ///< of this attempt to send it
    std::string notification_type{};
    std::string channel{};
    std::string text{};
    /// The same in every attempt, and for no other message: sending is at least once, and by this
    /// the other side can tell a repeat.
    std::string idempotency_key{};
    Uuid event_id{}; ///< the event that it is about
    std::string event_type{};
    std::string execution_id{}; ///< of that event, as are the following; may be empty
    std::string aggregate_type{};
    std::string aggregate_id{};
};

} // namespace bus::agents
