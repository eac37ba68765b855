// What names an event type: its C++ type in the program, its wire name in stores and messages.
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>

#include <iostream>

// tag::wire_name[]
namespace billing {
struct Created : bus::Event<Created> {
    std::string invoice_id;
};
BUS_DESCRIBE_EVENT(Created, (invoice_id), bus::wire_name("billing.Created"))
} // namespace billing

namespace shipping {
struct Created : bus::Event<Created> {
    std::string parcel_id;
};
BUS_DESCRIBE_EVENT(Created, (parcel_id), bus::wire_name("shipping.Created"))
} // namespace shipping

// end::wire_name[]

// tag::formerly[]
struct PurchaseMadeEvent : bus::Event<PurchaseMadeEvent> { // once OrderPlacedEvent
    std::string order_id;
};
BUS_DESCRIBE_EVENT(PurchaseMadeEvent, (order_id), bus::formerly("OrderPlacedEvent"),
                   bus::aggregate_type("Order"), // as before, so that streams go on
                   bus::aggregate_id<&PurchaseMadeEvent::order_id>)

// end::formerly[]

// tag::refined[]
struct PaymentEvent : bus::Event<PaymentEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(PaymentEvent, (order_id), bus::aggregate_type("Order"),
                   bus::aggregate_id<&PaymentEvent::order_id>,
                   bus::durability(bus::Durability::buffered))

struct CardChargedEvent : bus::Event<CardChargedEvent, PaymentEvent> {
    std::string card;
};
BUS_DESCRIBE_EVENT(CardChargedEvent, (card)) // of the aggregate Order, by order_id, buffered

// end::refined[]

// tag::places[]
class Button {
public:
    struct ClickedEvent : bus::Event<ClickedEvent> {
        std::int32_t x = 0;
    };
};
BUS_DESCRIBE_EVENT(Button::ClickedEvent, (x)) // after the class; its name is ClickedEvent

template <class T>
struct ChangedEvent : bus::Event<ChangedEvent<T>> {
    T value{};
};

using TextChangedEvent = ChangedEvent<std::string>;
BUS_DESCRIBE_EVENT(TextChangedEvent, (value)) // one by one, each under an alias of its own

// end::places[]

// tag::envelope[]
struct UserCreatedEvent : bus::Event<UserCreatedEvent> {
    std::string user_id; // the user who was created
};
BUS_DESCRIBE_EVENT(UserCreatedEvent, (user_id))

void show(const UserCreatedEvent& event) {
    const bus::DomainEvent& envelope = event;
    std::cout << event.user_id << " was created by " << envelope.user_id << '\n';
}

// end::envelope[]

int main() {
    bus::Bus bus;
    const auto invoices = bus.subscribe<billing::Created>(
        [](const billing::Created& event) { std::cout << "invoice " << event.invoice_id << '\n'; });
    const auto parcels = bus.subscribe<shipping::Created>(
        [](const shipping::Created& event) { std::cout << "parcel " << event.parcel_id << '\n'; });
    bus.publish(billing::Created{{}, "i-1"});
    bus.publish(shipping::Created{{}, "p-1"});

    bus::EventRecord old = bus::encode(PurchaseMadeEvent{{}, "o-1"});
    old.event_type = "OrderPlacedEvent";
    std::cout << old.event_type << " is read as " << bus::decode(old)->event_type() << '\n';

    // tag::refined_made[]
    const CardChargedEvent charged{PaymentEvent{{}, "o-1"}, "visa"};
    const auto refund = bus::derive<CardChargedEvent>(charged, PaymentEvent{{}, "o-1"}, "giro");
    // end::refined_made[]
    std::cout << refund.card << " because of " << charged.card << '\n';
    std::cout << charged.aggregate_type() << ' ' << charged.aggregate_id() << '\n';
    std::cout << Button::ClickedEvent{}.event_type() << ", " << TextChangedEvent{}.event_type()
              << '\n';

    PurchaseMadeEvent cause;
    cause.user_id = "operator-7";
    show(bus::derive<UserCreatedEvent>(cause, "u-42"));
}
