// expect: libbus: a filter says whether the event is wanted: it returns bool
#include "events.hpp"

int main() {
    bus::Bus bus;
    const auto handler = bus.subscribe<shop::OrderPaidEvent>([](const shop::OrderPaidEvent&) {},
                                                             &shop::OrderPaidEvent::order_id);
}
