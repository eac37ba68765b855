// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"carrier"}; Type = Carrier]
// and: libbus: an enum inside an event is written by name
#include "events.hpp"

enum class Carrier { van, bicycle };

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Carrier carrier = Carrier::van;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (carrier))
