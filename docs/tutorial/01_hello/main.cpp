// A tea shop, part 1: an event, and a handler that prints it.
#include <bus/bus.hpp>

#include <cstdint>
#include <iostream>
#include <string>

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
    std::string tea;
    std::int64_t grams = 0;
    std::string country;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id, tea, grams, country))

int main() {
    bus::Bus bus;
    const auto printer = bus.subscribe<OrderPlacedEvent>([](const OrderPlacedEvent& order) {
        std::cout << "Hello, order " << order.order_id << ": " << order.grams << " g of "
                  << order.tea << " to " << order.country << '\n';
    });
    bus.publish(OrderPlacedEvent{{}, "A-1", "assam", 300, "Norway"});
}
