// expect: libbus: BUS_DESCRIBE_EVENT stands in the namespace of the event
#include "events.hpp"

namespace stock {

struct CountedEvent : bus::Event<CountedEvent> {
    std::int64_t items = 0;
};

} // namespace stock

BUS_DESCRIBE_EVENT(stock::CountedEvent, (items))
