// An event as JSON, in all the ways to read it, and one of an older version.
#include <bus/event/codec.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/event/upcast.hpp>

#include <iostream>
#include <memory>
#include <optional>
#include <string>

// tag::describe[]
struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
    std::string marketplace;
    std::optional<std::string> note;
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, marketplace, note),
                   bus::aggregate_id<&OrderCreatedEvent::order_id>, bus::version(2))

// end::describe[]

int main() {
    // tag::upcast[]
    bus::upcast<OrderCreatedEvent>(
        1, [](boost::json::object& data) { data["marketplace"] = "amazon"; });
    // end::upcast[]

    const OrderCreatedEvent event{{}, "order-1", "ebay", std::nullopt};
    // tag::codec[]
    const std::string json = bus::to_json(event);
    const auto same = bus::from_json<OrderCreatedEvent>(json); // of a type known here
    const std::shared_ptr<const bus::DomainEvent> any =
        bus::read_event(json);                              // of any type that the program knows
    const bus::EventRecord record = bus::read_record(json); // of any type at all
    // end::codec[]
    std::cout << same.marketplace << ' ' << any->event_type() << ' ' << record.data << '\n';

    const auto old = bus::from_json<OrderCreatedEvent>(
        R"({"event_id":"01890a5d-ac96-774b-bcce-b302099a8057","event_type":"OrderCreatedEvent",)"
        R"("event_version":1,"occurred_at":"2025-01-01T00:00:00Z","data":{"order_id":"order-0"}})");
    std::cout << old.order_id << " came from " << old.marketplace << '\n';
}
