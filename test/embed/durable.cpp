// An embedder with a store: an agent counts orders, and a second run of the bus on the same file
// continues where the first one ended.
#include <bus/bus.hpp>
#include <bus/store/sqlite_store.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id), bus::aggregate_id<&OrderPlacedEvent::order_id>)

struct OrderCountedEvent : bus::Event<OrderCountedEvent> {
    std::string order_id;
    std::uint32_t number = 0;
};
BUS_DESCRIBE_EVENT(OrderCountedEvent, (order_id, number),
                   bus::aggregate_id<&OrderCountedEvent::order_id>)

class Counter : public bus::Agent {
public:
    Counter() : Agent{"counter"} {
        on<OrderPlacedEvent>(&Counter::count).emits<OrderCountedEvent>();
    }

private:
    void count(const OrderPlacedEvent& event, bus::Context& context) {
        const auto number = context.state<std::uint32_t>("count").value_or(0) + 1;
        context.set_state("count", number);
        context.publish(OrderCountedEvent{{}, event.order_id, number});
    }
};

/// Publishes one order; returns the number that the agent gave it, or 0.
std::uint32_t place_order(const std::filesystem::path& path, const std::string& order_id) {
    std::uint32_t number = 0;
    bus::Bus bus{{.store = bus::SqliteStore::open({.path = path})}};
    const auto subscription = bus.subscribe<OrderCountedEvent>(
        [&number](const OrderCountedEvent& event) { number = event.number; });
    bus.emplace<Counter>();
    bus.publish(OrderPlacedEvent{{}, order_id});
    bus.stop(bus::Stop::drain);
    return number;
}

int main() {
    try {
        const std::filesystem::path folder = "durable_store";
        std::filesystem::remove_all(folder);
        std::filesystem::create_directory(folder);
        const auto first = place_order(folder / "orders.db", "A-1");
        const auto second = place_order(folder / "orders.db", "A-2");
        std::printf("orders counted: %u, then %u\n", first, second);
        return first == 1 && second == 2 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "durable: %s\n", error.what());
        return 1;
    }
}
