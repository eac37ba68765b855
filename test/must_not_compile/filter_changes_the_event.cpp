// expect: libbus: a filter takes the event by const reference
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(
        [](const shop::OrderPlacedEvent& /*event*/) {},
        [](shop::OrderPlacedEvent& event) { return ++event.items > 1; });
}
