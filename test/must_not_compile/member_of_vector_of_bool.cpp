// expect: libbus: std::vector<bool> has no elements to point at
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::vector<bool> fragile;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (fragile))
