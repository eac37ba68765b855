#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

/// What an event inherits from the event that it refines.
namespace refined {

struct OrderEvent : bus::Event<OrderEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderEvent, (order_id), bus::aggregate_id<&OrderEvent::order_id>,
                   bus::durability(bus::Durability::buffered), bus::version(3))

struct PaidEvent : bus::Event<PaidEvent, OrderEvent> {
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(PaidEvent, (cents))

struct PaidByCardEvent : bus::Event<PaidByCardEvent, PaidEvent> {
    std::string card;
};
BUS_DESCRIBE_EVENT(PaidByCardEvent, (card), bus::aggregate_type("Card"),
                   bus::aggregate_id<&PaidByCardEvent::card>,
                   bus::durability(bus::Durability::transient))

struct PaidByPhoneEvent : bus::Event<PaidByPhoneEvent, PaidByCardEvent> {
    std::string number;
};
BUS_DESCRIBE_EVENT(PaidByPhoneEvent, (number), bus::durability(bus::Durability::committed))

} // namespace refined

BOOST_AUTO_TEST_SUITE(refined_events)

BOOST_AUTO_TEST_CASE(D24_aggregate_and_durability_come_from_the_event_that_is_refined) {
    refined::PaidEvent event;
    event.order_id = "o-1";
    BOOST_TEST(event.aggregate_id() == "o-1");
    BOOST_TEST(event.aggregate_type() == "Order");
    BOOST_TEST((event.type().durability() == bus::Durability::buffered));
    BOOST_TEST(event.event_version() == 1U);
    const bus::EventRecord record = bus::encode(event);
    BOOST_TEST(record.aggregate_id == "o-1");
    BOOST_TEST(record.aggregate_type == "Order");
}

BOOST_AUTO_TEST_CASE(D24_an_event_may_override_the_aggregate_and_durability_of_its_base) {
    refined::PaidByPhoneEvent event;
    event.order_id = "o-1";
    event.card = "4242";
    BOOST_TEST(event.aggregate_id() == "4242");
    BOOST_TEST(event.aggregate_type() == "Card");
    BOOST_TEST((event.type().durability() == bus::Durability::committed));
    BOOST_TEST(
        (bus::event_type<refined::PaidByCardEvent>().durability() == bus::Durability::transient));
}

BOOST_AUTO_TEST_CASE(D24_events_and_their_refinements_are_one_stream_of_a_store) {
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.store = store}};
    bus.publish(refined::OrderEvent{{}, "o-1"});
    refined::PaidEvent paid;
    paid.order_id = "o-1";
    bus.publish(paid, {.expected_version = 1});
    BOOST_TEST(store->read_stream("Order", "o-1", 0, 10).size() == 2U);
    bus.stop(bus::Stop::drain);
}

BOOST_AUTO_TEST_CASE(a_refined_event_is_made_in_one_expression_and_has_an_id_of_its_own) {
    using refined::OrderEvent;
    using refined::PaidByCardEvent;
    using refined::PaidEvent;
    const OrderEvent order{{}, "o-1"};
    const PaidEvent paid{OrderEvent{{}, "o-1"}, 250};
    BOOST_TEST(paid.order_id == "o-1");
    BOOST_TEST(paid.cents == 250);
    BOOST_TEST((&paid.type() == &bus::event_type<PaidEvent>()));
    const PaidEvent of_order{order, 250};
    BOOST_TEST((of_order.event_id != order.event_id));
    BOOST_TEST(!of_order.event_id.is_nil());
    BOOST_TEST((of_order.occurred_at >= order.occurred_at));
    const PaidByCardEvent by_card{PaidEvent{OrderEvent{{}, "o-2"}, 9}, "4242"};
    BOOST_TEST(by_card.order_id == "o-2");
    BOOST_TEST(by_card.aggregate_id() == "4242");
    const auto shared = std::make_shared<PaidEvent>(OrderEvent{{}, "o-3"}, 7);
    BOOST_TEST(shared->order_id == "o-3");
    BOOST_TEST(PaidEvent{}.cents == 0);
    BOOST_TEST((PaidEvent{{}, 5}.cents) == 5);
}

BOOST_AUTO_TEST_CASE(a_refined_event_is_derived_from_its_cause_in_one_expression) {
    using refined::OrderEvent;
    using refined::PaidEvent;
    OrderEvent cause{{}, "o-1"};
    cause.execution_id = "run-7";
    cause.user_id = "ann";
    OrderEvent base{{}, "o-2"};
    base.execution_id = "another";
    for (const PaidEvent& paid : {bus::derive<PaidEvent>(cause, OrderEvent{{}, "o-2"}, 250),
                                  bus::derive<PaidEvent>(cause, base, 250)}) {
        BOOST_TEST(paid.order_id == "o-2");
        BOOST_TEST(paid.cents == 250);
        BOOST_TEST(paid.execution_id == "run-7");
        BOOST_TEST(paid.user_id == "ann");
        BOOST_TEST((paid.causation_id == cause.event_id));
        BOOST_TEST((paid.event_id != base.event_id));
    }
    BOOST_TEST(bus::derive<PaidEvent>(cause).cents == 0);
    BOOST_TEST(bus::derive<OrderEvent>(cause, "o-9").order_id == "o-9");
}

BOOST_AUTO_TEST_SUITE_END()
