// expect: libbus: a described type must be default constructible
#include "events.hpp"

#include <boost/describe/class.hpp>

struct Parcel {
    explicit Parcel(std::int64_t weight) : grams{weight} {}

    std::int64_t grams;
};
BOOST_DESCRIBE_STRUCT(Parcel, (), (grams))

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    Parcel parcel{1};
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel))
