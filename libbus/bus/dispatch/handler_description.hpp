#pragma once

#include <string>

namespace bus {

class EventType;

/// What is known of a subscribed handler, for those who look at a program: see EventGraph.
struct HandlerDescription {
    const EventType* type = nullptr; ///< subscribed to; never null in what a bus tells
    std::string name{};              ///< as its SubscribeOptions say; empty: it has none
    int priority = 0;
};

} // namespace bus
