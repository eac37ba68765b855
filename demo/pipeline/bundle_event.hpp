#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

namespace demo {

/// A line of a feed was read. The event begins the order's execution. The marketplace keeps the
/// contents of the line, and returns them by the order's id.
struct BundleReceivedEvent : bus::Event<BundleReceivedEvent> {
    std::string order_id; ///< `line:N` if the line has none
    std::string feed;
    std::uint64_t line = 0; ///< the line's number in the feed, from 1
};
BUS_DESCRIBE_EVENT(BundleReceivedEvent, (order_id, feed, line),
                   bus::aggregate_id<&BundleReceivedEvent::order_id>)

} // namespace demo
