// expect: libbus: this struct has a described base that its own description leaves out
#include "events.hpp"

struct Place {
    std::string street;
};
BOOST_DESCRIBE_STRUCT(Place, (), (street))

struct Shelf : Place {
    std::int64_t level = 0;
};
BOOST_DESCRIBE_STRUCT(Shelf, (), (level))

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Shelf shelf;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (shelf))
