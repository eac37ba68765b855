// expect: libbus: this struct is described with a base that is not public
#include "events.hpp"

struct Place {
    std::string street;
};
BOOST_DESCRIBE_STRUCT(Place, (), (street))

class Shelf : Place {
public:
    std::int64_t level = 0;
    BOOST_DESCRIBE_CLASS(Shelf, (Place), (level), (), ())
};

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Shelf shelf;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (shelf))
