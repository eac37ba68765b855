// expect: libbus: an enum inside an event is written by name
#include "events.hpp"

enum class Carrier { van, bicycle };

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Carrier carrier = Carrier::van;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (carrier))
