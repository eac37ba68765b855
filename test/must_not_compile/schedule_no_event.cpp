// expect: libbus: this type is not an event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    bus.schedule(std::chrono::hours{1}, std::string{"an order"});
}
