// expect: libbus: this type is not an event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    bus.publish(std::string{"an order was placed"});
}
