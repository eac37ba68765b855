// expect: libbus: this struct is described with a base that is not described itself
#include "events.hpp"

struct Place {
    std::string street;
};

struct Shelf : Place {
    std::int64_t level = 0;
};
BOOST_DESCRIBE_STRUCT(Shelf, (Place), (level))

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Shelf shelf;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (shelf))
