// expect: libbus: a described type must be default constructible
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    explicit ParcelSentEvent(std::string name) : parcel{std::move(name)} {}

    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
