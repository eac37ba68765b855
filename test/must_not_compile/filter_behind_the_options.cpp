// expect: libbus: the options come after the filter
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(
        [](const shop::OrderPlacedEvent& /*event*/) {}, {.priority = 1},
        [](const shop::OrderPlacedEvent& event) { return event.items > 1; });
}
