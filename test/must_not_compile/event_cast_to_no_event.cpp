// expect: libbus: this type is not an event
#include "events.hpp"

const std::string* misuse(const bus::DomainEvent& event) {
    return bus::event_cast<std::string>(event);
}
