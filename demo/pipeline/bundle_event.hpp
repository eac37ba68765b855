#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

namespace demo {

/// A line of a feed came in. It begins the order's execution; what the line says stays with the
/// marketplace, which is asked for it by the order's id.
struct BundleReceivedEvent : bus::Event<BundleReceivedEvent> {
    std::string order_id; ///< `line:N` where the line tells none
    std::string feed;
    std::uint64_t line = 0; ///< in the feed, from 1
};
BUS_DESCRIBE_EVENT(BundleReceivedEvent, (order_id, feed, line),
                   bus::aggregate_id<&BundleReceivedEvent::order_id>)

} // namespace demo
