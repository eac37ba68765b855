// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"tracker"}; Type = std::variant<int, long int>]
// and: libbus: two alternatives of this std::variant have one name in JSON
#include "events.hpp"

#include <variant>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::variant<int, long> tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
