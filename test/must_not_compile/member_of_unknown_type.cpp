// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<7>{"parcel"}; Type = const char*]
// and: libbus: an event cannot hold a member of this type
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    const char* parcel = nullptr;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
