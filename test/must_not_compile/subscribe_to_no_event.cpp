// expect: libbus: this type is no event
#include "events.hpp"

void misuse(bus::Bus& bus) {
    const auto subscription = bus.subscribe<std::string>([](const std::string& /*text*/) {});
}
