// expect: libbus: this type is no event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    bus.post(42);
}
