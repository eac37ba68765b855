// expect: libbus: this event is not described
#include "events.hpp"

int main() {
    struct LocalEvent : bus::Event<LocalEvent> {
        std::int64_t x = 0;
    };

    bus::Bus bus;
    bus.publish(LocalEvent{{}, 4});
}
