// expect: libbus: this member function cannot be called on that object with the event
#include "events.hpp"

struct Desk {
    void pay(const shop::OrderPaidEvent& /*event*/) {}
};

void misuse(bus::Bus& bus, Desk& desk) {
    const auto subscription = bus.subscribe<shop::OrderPlacedEvent>(&Desk::pay, &desk);
}
