// expect: libbus: this filter cannot be called with the event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(
        [](const shop::OrderPlacedEvent& /*event*/) {},
        [](const shop::OrderPaidEvent& /*event*/) { return true; });
}
