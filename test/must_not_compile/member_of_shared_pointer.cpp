// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"tracker"}; Type = std::vector<std::shared_ptr<int> >]
// and: libbus: an event cannot hold a member of this type
#include "events.hpp"

#include <memory>
#include <vector>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::vector<std::shared_ptr<int>> tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
