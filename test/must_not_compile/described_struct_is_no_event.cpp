// expect: libbus: this type is not an event
#include "events.hpp"

struct ParcelSentEvent {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
