// expect: libbus: this type is not an event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<std::string>([](const std::string& /*text*/) {});
}
