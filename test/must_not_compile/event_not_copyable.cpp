// expect: libbus: an event is copied into stores and mailboxes
#include "events.hpp"

#include <memory>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::unique_ptr<std::string> parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
