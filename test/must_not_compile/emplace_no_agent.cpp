// expect: libbus: the bus takes agents only
#include "events.hpp"

void misuse(bus::Bus& bus) {
    bus.emplace<std::string>("clerk");
}
