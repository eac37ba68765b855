// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"fragile"}; Type = std::vector<bool>]
// and: libbus: std::vector<bool> has no elements to point at
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::vector<bool> fragile;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (fragile))
