// expect: libbus: an event is described outside of functions
#include "events.hpp"

int main() {
    struct LocalEvent : bus::Event<LocalEvent> {
        std::int64_t x = 0;
    };

    BUS_DESCRIBE_EVENT(LocalEvent, (x))
    bus::Bus bus;
    bus.publish(LocalEvent{{}, 4});
}
