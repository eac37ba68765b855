// expect: libbus: a member of this struct has the name of a member of its base
#include "events.hpp"

struct Place {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Place, (), (name))

struct Shelf : Place {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Shelf, (Place), (name))

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Shelf shelf;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (shelf))
