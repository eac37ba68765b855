// expect: libbus: an event is published as its own type, not as bus::DomainEvent
#include "events.hpp"

void misuse(bus::Bus& bus, const bus::DomainEvent& event) {
    bus.publish(event);
}
