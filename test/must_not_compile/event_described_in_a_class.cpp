// expect: libbus: BUS_DESCRIBE_EVENT stands in the namespace of the event, not in a class
#include "events.hpp"

class Button {
public:
    struct ClickedEvent : bus::Event<ClickedEvent> {
        std::int64_t x = 0;
    };
    BUS_DESCRIBE_EVENT(ClickedEvent, (x))
};
