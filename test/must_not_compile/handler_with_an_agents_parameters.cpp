// expect: libbus: this handler cannot be called with the event that it is subscribed to
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(
        [](const shop::OrderPlacedEvent& /*event*/, bus::Context& /*context*/) {});
}
