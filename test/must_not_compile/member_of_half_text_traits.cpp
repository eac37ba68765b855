// expect: libbus_cannot_write_a_member_of_this_type() [with Struct = ParcelSentEvent; MemberName<...auto...> Member = MemberName<8>{"tracker"}; Type = Sku]
// and: libbus: bus::TextTraits of this type have neither
#include "events.hpp"

struct Sku {};

template <>
struct bus::TextTraits<Sku> {
    static std::string to_text(const Sku&);
};

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Sku tracker;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (tracker))
