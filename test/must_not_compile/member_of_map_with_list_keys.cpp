// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"tracker"}; Type = std::map<std::vector<int>, int>]
// and: libbus: the keys of a map are names in JSON
#include "events.hpp"

#include <map>
#include <vector>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::map<std::vector<int>, int> tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
