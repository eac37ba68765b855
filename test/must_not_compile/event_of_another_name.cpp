// expect: libbus: an event derives from bus::Event of itself
#include "events.hpp"

struct ParcelSentEvent : bus::Event<shop::OrderPaidEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
