// expect: libbus: this struct has a described base that its own description leaves out
#include "events.hpp"

struct Audited {
    std::string by;
};
BOOST_DESCRIBE_STRUCT(Audited, (), (by))

struct ParcelSentEvent : bus::Event<ParcelSentEvent>, Audited {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
