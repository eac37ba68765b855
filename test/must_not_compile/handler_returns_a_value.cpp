// expect: libbus: a handler returns nothing
#include "events.hpp"

int main() {
    bus::Bus bus;
    const auto handler = bus.subscribe<shop::OrderPaidEvent>(
        [](const shop::OrderPaidEvent& event) { return event.order_id.empty(); });
}
