#pragma once

#include <bus/bus.hpp>

#include <cstdint>
#include <string>

/// The events that the misuses use.
namespace shop {

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
    std::int64_t items = 0;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id, items),
                   bus::aggregate_id<&OrderPlacedEvent::order_id>)

struct OrderPaidEvent : bus::Event<OrderPaidEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPaidEvent, (order_id))

struct OrderLostEvent : bus::Event<OrderLostEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderLostEvent, (order_id))

} // namespace shop
