// expect: libbus: the member that names the aggregate must be one of the event itself
#include "events.hpp"

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel), bus::aggregate_id<&shop::OrderPaidEvent::order_id>)
