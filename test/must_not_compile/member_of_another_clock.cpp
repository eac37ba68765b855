// expect: libbus_cannot_write_a_member_of_this_type()
// and: libbus: a time inside an event is of std::chrono::system_clock
#include "events.hpp"

#include <chrono>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::chrono::steady_clock::time_point tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
