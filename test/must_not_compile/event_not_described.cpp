// expect: libbus: this event is not described
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::string parcel;
};

void misuse(bus::Bus& bus) {
    bus.publish(ParcelSentEvent{{}, "parcel-7"});
}
