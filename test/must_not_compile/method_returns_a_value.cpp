// expect: libbus: a handler returns nothing
#include "events.hpp"

struct Desk {
    int place(const shop::OrderPlacedEvent& /*event*/) { return 1; }
};

void misuse(bus::Bus& bus, Desk& desk) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(&Desk::place, &desk);
}
