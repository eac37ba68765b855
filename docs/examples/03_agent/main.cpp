// An agent: named, with declared handlers and emissions, and a state that commits with what it
// emits.
#include <bus/bus.hpp>
#include <bus/store/memory_store.hpp>

#include <iostream>

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
    std::string customer;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id, customer),
                   bus::aggregate_id<&OrderPlacedEvent::order_id>)

struct OrderNumberedEvent : bus::Event<OrderNumberedEvent> {
    std::string order_id;
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(OrderNumberedEvent, (order_id, number),
                   bus::aggregate_id<&OrderNumberedEvent::order_id>)

// tag::agent[]
/// Gives each order the next number of its customer.
class Numbering : public bus::Agent {
public:
    Numbering() : Agent{"numbering"} {
        on<OrderPlacedEvent>(&Numbering::give_number).emits<OrderNumberedEvent>();
    }

private:
    void give_number(const OrderPlacedEvent& order, bus::Context& context) {
        const std::string key = "last/" + order.customer;
        const auto number = context.state<std::int64_t>(key).value_or(0) + 1;
        context.set_state(key, number);
        context.publish(OrderNumberedEvent{{}, order.order_id, number});
    }
};

// end::agent[]

int main() {
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.store = store}};
    bus.emplace<Numbering>();
    const auto printer = bus.subscribe<OrderNumberedEvent>([](const OrderNumberedEvent& event) {
        std::cout << event.order_id << " is number " << event.number << " in execution "
                  << event.execution_id << '\n';
    });

    int count = 0;
    for (const char* customer : {"ada", "bob", "ada"}) {
        OrderPlacedEvent order{{}, "order-" + std::to_string(++count), customer};
        order.execution_id = "exec-" + std::to_string(count);
        bus.publish(order); // returns once it is stored
    }
    const bus::StopReport left = bus.stop(bus::Stop::drain);
    std::cout << "drained: " << std::boolalpha << left.drained
              << ", events in the log: " << store->last_position() << '\n';
}
