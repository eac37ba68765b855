// expect: libbus: this member function cannot be called on that object with the event
#include "events.hpp"

struct Desk {
    void place(const shop::OrderPlacedEvent& /*event*/) {}
};

struct Chair {};

void misuse(bus::Bus& bus, Chair& chair) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(&Desk::place, &chair);
}
