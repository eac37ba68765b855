// A custom agent with its test, in forty lines. Failing and waiting happen in virtual time.
#define BOOST_TEST_MODULE shipping
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

struct OrderPaidEvent : bus::Event<OrderPaidEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPaidEvent, (order_id), bus::aggregate_id<&OrderPaidEvent::order_id>)

struct OrderShippedEvent : bus::Event<OrderShippedEvent> {
    std::string order_id, parcel;
};
BUS_DESCRIBE_EVENT(OrderShippedEvent, (order_id, parcel))

class Shipping : public bus::Agent {
public:
    using Carrier = std::function<std::string(const std::string& order_id)>;

    explicit Shipping(Carrier carrier) : Agent{"shipping"}, carrier_{std::move(carrier)} {
        on<OrderPaidEvent>(&Shipping::ship).emits<OrderShippedEvent>();
    }

private:
    void ship(const OrderPaidEvent& order, bus::Context& context) {
        context.publish(OrderShippedEvent{{}, order.order_id, carrier_(order.order_id)});
    }

    Carrier carrier_;
};

BOOST_AUTO_TEST_CASE(an_order_is_shipped_once_although_the_carrier_answers_late) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{.runtime = runtime}};
    int calls = 0;
    bus.emplace<Shipping>([&](const std::string& order_id) {
        return ++calls < 3 ? throw std::runtime_error{"no answer"} : "parcel of " + order_id;
    });
    std::vector<std::string> parcels;
    const auto handler = bus.subscribe<OrderShippedEvent>(
        [&](const OrderShippedEvent& event) { parcels.push_back(event.parcel); });
    bus.publish(OrderPaidEvent{{}, "order-7"});
    runtime->run_until_idle(); // the waits between the attempts take no time
    BOOST_TEST(calls == 3);
    BOOST_TEST(parcels == std::vector<std::string>{"parcel of order-7"});
}
