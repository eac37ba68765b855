// expect: libbus: a member of this struct has the name of a member of its base
#include "events.hpp"

struct GiftPlacedEvent : bus::Event<GiftPlacedEvent, shop::OrderPlacedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(GiftPlacedEvent, (order_id))
