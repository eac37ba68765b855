// expect: libbus: a handler takes the event by const reference
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<bus::DomainEvent>([](bus::DomainEvent& /*event*/) {});
}
