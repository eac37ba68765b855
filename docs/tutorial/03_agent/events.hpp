// The events of the tea shop.
#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

struct TeaDeliveredEvent : bus::Event<TeaDeliveredEvent> {
    std::string tea;
    std::int64_t grams = 0;
};
BUS_DESCRIBE_EVENT(TeaDeliveredEvent, (tea, grams), bus::aggregate_id<&TeaDeliveredEvent::tea>)

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
    std::string tea;
    std::int64_t grams = 0;
    std::string country;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id, tea, grams, country),
                   bus::aggregate_id<&OrderPlacedEvent::order_id>)

struct OrderPackedEvent : bus::Event<OrderPackedEvent> {
    std::string order_id;
    std::string country;
};
BUS_DESCRIBE_EVENT(OrderPackedEvent, (order_id, country),
                   bus::aggregate_id<&OrderPackedEvent::order_id>)

struct OrderRefusedEvent : bus::Event<OrderRefusedEvent> {
    std::string order_id;
    std::string why;
};
BUS_DESCRIBE_EVENT(OrderRefusedEvent, (order_id, why),
                   bus::aggregate_id<&OrderRefusedEvent::order_id>)
