// expect: libbus: the member that names the aggregate must be a std::string
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::int64_t parcel = 0;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel), bus::aggregate_id<&ParcelSentEvent::parcel>)
