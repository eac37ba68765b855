// expect: libbus: this type is not an event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    bus.post(42);
}
