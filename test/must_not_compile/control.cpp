// This one compiles. If it did not, the others would prove nothing.
#include "events.hpp"

struct GiftPlacedEvent : bus::Event<GiftPlacedEvent, shop::OrderPlacedEvent> {
    std::string card;
};
BUS_DESCRIBE_EVENT(GiftPlacedEvent, (card))

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} {
        on<shop::OrderPlacedEvent>(&Clerk::take);
        on<shop::OrderPaidEvent>(&Clerk::note).emits<shop::OrderLostEvent>();
        on<shop::OrderLostEvent>([](const shop::OrderLostEvent& /*event*/) {});
        on<bus::DomainEvent>(&Clerk::look);
        emits_on_giving_up<shop::OrderLostEvent>();
    }

private:
    void take(const shop::OrderPlacedEvent& event,
              bus::StepContext<shop::OrderPaidEvent>& context) {
        context.publish(shop::OrderPaidEvent{{}, event.order_id});
    }

    void note(const shop::OrderPaidEvent& event, bus::Context& context) {
        context.publish(shop::OrderLostEvent{{}, event.order_id});
        context.schedule(std::chrono::hours{1}, shop::OrderLostEvent{{}, event.order_id});
    }

    void look(const bus::DomainEvent& event) const {
        static_cast<void>(bus::event_cast<GiftPlacedEvent>(event));
        static_cast<void>(bus::event_cast<bus::DomainEvent>(event));
    }
};

void use(bus::Bus& bus) {
    const bus::SubscribeOptions options{.priority = 1};
    bus.emplace<Clerk>();
    const bus::Subscription subscriptions[] = {
        bus.subscribe<shop::OrderPlacedEvent>([](const shop::OrderPlacedEvent& /*event*/) {}),
        bus.subscribe<shop::OrderPlacedEvent>([](const auto& /*event*/) {}, options),
        bus.subscribe<shop::OrderPlacedEvent>([](const auto& /*event*/) {}, {.priority = 2}),
        bus.subscribe<shop::OrderPlacedEvent>(
            [](shop::OrderPlacedEvent /*a copy*/) {},
            [](const shop::OrderPlacedEvent& event) { return event.items > 1; }),
        bus.subscribe<bus::DomainEvent>([](const bus::DomainEvent& /*event*/) {},
                                        [](const bus::DomainEvent& /*event*/) { return true; },
                                        options),
    };
    bus.publish(GiftPlacedEvent{});
    bus.schedule(std::chrono::hours{1}, bus::derive<shop::OrderPaidEvent>(GiftPlacedEvent{}, "7"));
    bus.post(shop::OrderPaidEvent{{}, "order-7"});
}
