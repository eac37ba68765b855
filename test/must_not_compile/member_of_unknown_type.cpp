// expect: libbus: an event cannot hold a member of this type
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    const char* parcel = nullptr;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
