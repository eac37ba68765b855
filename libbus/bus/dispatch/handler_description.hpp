#pragma once

#include <string>

namespace bus {

class EventType;

/// A subscribed handler, as observers and the EventGraph see it.
struct HandlerDescription {
    const EventType* type = nullptr; ///< the type it is subscribed to; a bus never reports null
    std::string name{};              ///< from SubscribeOptions::name; empty: it has none
    int priority = 0;                ///< from SubscribeOptions::priority
};

} // namespace bus
