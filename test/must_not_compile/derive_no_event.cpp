// expect: libbus: this type is not an event
#include "events.hpp"

void misuse(const shop::OrderPlacedEvent& placed) {
    bus::derive<std::string>(placed, placed.order_id);
}
