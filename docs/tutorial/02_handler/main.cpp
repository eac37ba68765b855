// A tea shop, part 2: handlers that pack orders from a shelf.
#include <bus/bus.hpp>

#include <cstdint>
#include <iostream>
#include <map>
#include <string>

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
    std::string tea;
    std::int64_t grams = 0;
    std::string country;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id, tea, grams, country))

struct OrderPackedEvent : bus::Event<OrderPackedEvent> {
    std::string order_id;
    std::string country;
};
BUS_DESCRIBE_EVENT(OrderPackedEvent, (order_id, country))

struct OrderRefusedEvent : bus::Event<OrderRefusedEvent> {
    std::string order_id;
    std::string why;
};
BUS_DESCRIBE_EVENT(OrderRefusedEvent, (order_id, why))

int main() {
    bus::Bus bus;
    std::map<std::string, std::int64_t> shelf{{"assam", 500}};

    const auto journal = bus.subscribe<bus::DomainEvent>( // every event, before the others
        [](const bus::DomainEvent& event) { std::cout << event.event_type() << std::endl; },
        {.priority = 100});
    const auto packing = bus.subscribe<OrderPlacedEvent>(
        [&](const OrderPlacedEvent& order) {
            std::int64_t& left = shelf.at(order.tea); // throws if the shop never had this tea
            if (left < order.grams) {
                const std::string why = "only " + std::to_string(left) + " g are left";
                bus.publish(OrderRefusedEvent{{}, order.order_id, why});
                return;
            }
            left -= order.grams;
            bus.publish(OrderPackedEvent{{}, order.order_id, order.country});
        },
        {.name = "packing"});
    const auto packed = bus.subscribe<OrderPackedEvent>([](const OrderPackedEvent& order) {
        std::cout << "  " << order.order_id << " is packed" << std::endl;
    });
    const auto refused = bus.subscribe<OrderRefusedEvent>([](const OrderRefusedEvent& order) {
        std::cout << "  " << order.order_id << " is refused: " << order.why << std::endl;
    });

    bus.publish(OrderPlacedEvent{{}, "A-1", "assam", 300, "Norway"});
    bus.publish(OrderPlacedEvent{{}, "A-2", "assam", 300, "Kenya"});
    const bus::PublishReport report =
        bus.publish(OrderPlacedEvent{{}, "A-3", "sencha", 100, "Norway"});
    std::cout << "A-3: " << report.handlers.handled << " handler returned, "
              << report.handlers.failures.size() << " failed" << std::endl;
}
