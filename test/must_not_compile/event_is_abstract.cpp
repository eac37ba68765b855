// expect: libbus: an event is made when it is read
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    virtual double weight() const = 0;
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
