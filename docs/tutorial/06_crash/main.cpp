// A tea shop, part 6: a second agent sends the parcels.
#include <bus/bus.hpp>
#include <bus/store/store_url.hpp>

#include "packing.hpp"
#include "shipping.hpp"

#include <iostream>
#include <vector>

int usage() {
    std::cerr << "usage: shop                                 handles what waits\n"
                 "       shop deliver TEA GRAMS               puts tea on the shelf\n"
                 "       shop order ID TEA GRAMS COUNTRY      places an order\n";
    return 2;
}

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);

    const auto store = bus::open_store("sqlite:shop.db");
    bus::Bus bus{{.store = store}};
    bus.emplace<Packing>();
    bus.emplace<Shipping>();
    const auto packed = bus.subscribe<OrderPackedEvent>([](const OrderPackedEvent& order) {
        std::cout << order.order_id << " is packed" << std::endl;
    });
    const auto refused = bus.subscribe<OrderRefusedEvent>([](const OrderRefusedEvent& order) {
        std::cout << order.order_id << " is refused: " << order.why << std::endl;
    });
    const auto sent = bus.subscribe<ParcelSentEvent>([](const ParcelSentEvent& parcel) {
        std::cout << parcel.order_id << " is sent for " << parcel.postage << std::endl;
    });

    if (words.size() == 3 && words[0] == "deliver") {
        bus.publish(TeaDeliveredEvent{{}, words[1], std::stoll(words[2])});
    } else if (words.size() == 5 && words[0] == "order") {
        OrderPlacedEvent order{{}, words[1], words[2], std::stoll(words[3]), words[4]};
        order.execution_id = words[1]; // and so has what follows from the order
        bus.publish(order);
    } else if (!words.empty()) {
        return usage();
    }
    bus.stop(bus::Stop::drain);

    for (const auto& [key, grams] : bus.read_states<std::int64_t>("packing", "shelf/")) {
        std::cout << key << ": " << grams << " g" << std::endl;
    }
}
