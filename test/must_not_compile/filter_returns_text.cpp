// expect: libbus: a filter says whether the event is wanted: it returns bool
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(
        [](const shop::OrderPlacedEvent& /*event*/) {},
        [](const shop::OrderPlacedEvent& event) { return event.order_id; },
        bus::SubscribeOptions{.priority = 1});
}
