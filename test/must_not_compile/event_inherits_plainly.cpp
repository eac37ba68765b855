// expect: libbus: an event derives from bus::Event of itself
#include "events.hpp"

struct GiftPlacedEvent : shop::OrderPlacedEvent {
    std::string card;
};

void misuse(bus::Bus& bus) {
    bus.publish(GiftPlacedEvent{});
}
