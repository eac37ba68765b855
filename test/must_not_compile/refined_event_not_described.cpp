// expect: libbus: this event is not described
#include "events.hpp"

// The description of its base does not count as its own.
struct GiftPlacedEvent : bus::Event<GiftPlacedEvent, shop::OrderPlacedEvent> {
    std::string card;
};

void misuse(bus::Bus& bus) {
    bus.publish(GiftPlacedEvent{});
}
