// A tea shop, part 3: an agent packs the orders.
#include <bus/bus.hpp>

#include "packing.hpp"

#include <iostream>

int main() {
    bus::Bus bus;
    bus.emplace<Packing>();
    const auto packed = bus.subscribe<OrderPackedEvent>(
        [](const OrderPackedEvent& order) { std::cout << order.order_id << " is packed\n"; });
    const auto refused = bus.subscribe<OrderRefusedEvent>([](const OrderRefusedEvent& order) {
        std::cout << order.order_id << " is refused: " << order.why << '\n';
    });

    bus.publish(TeaDeliveredEvent{{}, "assam", 500});
    bus.publish(OrderPlacedEvent{{}, "A-1", "assam", 300, "Norway"});
    bus.publish(OrderPlacedEvent{{}, "A-2", "assam", 300, "Kenya"});
    bus.stop(bus::Stop::drain); // waits until the agent has handled everything

    std::cout << "on the shelf: "
              << bus.read_state<std::int64_t>("packing", "shelf/assam").value_or(0)
              << " g of assam\n";
}
