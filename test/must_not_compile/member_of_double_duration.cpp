// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"tracker"}; Type = std::chrono::duration<double>]
// and: libbus: a duration inside an event has integers
#include "events.hpp"

#include <chrono>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::chrono::duration<double> tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
