#include "test/libbus/bus/event/sample_events.hpp"
#include <bus/event/domain_event.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace sample {

struct PaymentEvent : bus::Event<PaymentEvent> {
    std::string payment_id;
};
BUS_DESCRIBE_EVENT(PaymentEvent, (payment_id), bus::aggregate_id<&PaymentEvent::payment_id>)

struct CardChargedEvent : bus::Event<CardChargedEvent, PaymentEvent> {
    std::string card;
};
BUS_DESCRIBE_EVENT(CardChargedEvent, (card), bus::aggregate_type("Payment"),
                   bus::aggregate_id<&CardChargedEvent::payment_id>,
                   bus::durability(bus::Durability::buffered))

struct alignas(128) WideEvent : bus::Event<WideEvent> {
    std::int64_t number = 7;
    std::string text;
};
BUS_DESCRIBE_EVENT(WideEvent, (number, text))

} // namespace sample

BOOST_AUTO_TEST_SUITE(event_type)

using sample::CardChargedEvent;
using sample::OrderCreatedEvent;
using sample::PaymentEvent;

BOOST_AUTO_TEST_CASE(a_type_is_named_as_its_struct_is_written) {
    const auto& type = bus::event_type<OrderCreatedEvent>();
    BOOST_TEST(type.name() == "OrderCreatedEvent");
    BOOST_TEST(type.version() == 1U);
    BOOST_TEST(type.aggregate_type() == "Order");
    BOOST_TEST((type.durability() == bus::Durability::committed));
    BOOST_TEST(bus::find_event_type("OrderCreatedEvent") == &type);
    BOOST_TEST(bus::find_event_type("NoSuchEvent") == nullptr);
    for (int time = 0; time < 2; ++time) { // the second time, the thread remembers
        for (const bus::EventType* known : bus::known_event_types()) {
            const bus::EventType* found = bus::find_event_type(known->name());
            const bool shared = found == nullptr || found->cpp_name() != known->cpp_name();
            BOOST_TEST((shared || found == known)); // the tests have some names twice
            BOOST_TEST(bus::find_event_type("No" + std::string{known->name()}) == nullptr);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_aggregate_type_is_the_first_word_of_the_name) {
    BOOST_TEST(bus::aggregate_type_of_name("OrderFailedEvent") == "Order");
    BOOST_TEST(bus::aggregate_type_of_name("Order") == "Order");
    BOOST_TEST(bus::aggregate_type_of_name("NotificationSentEvent") == "Notification");
    BOOST_TEST(bus::aggregate_type_of_name("Event") == "Event");
}

BOOST_AUTO_TEST_CASE(an_event_is_stamped_when_it_is_made) {
    const OrderCreatedEvent first;
    const OrderCreatedEvent second;
    BOOST_TEST(!first.event_id.is_nil());
    BOOST_TEST((first.event_id < second.event_id));
    BOOST_TEST((first.occurred_at.time_since_epoch().count() > 0));
    BOOST_TEST(bus::event_type<OrderCreatedEvent>().create()->event_id.is_nil());
}

BOOST_AUTO_TEST_CASE(a_derived_event_is_also_an_event_of_its_base) {
    CardChargedEvent event;
    event.payment_id = "p-1";
    event.card = "4242";
    BOOST_TEST(event.type().is_a(bus::event_type<PaymentEvent>()));
    BOOST_TEST(event.type().is_a(bus::event_type<bus::DomainEvent>()));
    BOOST_TEST(!event.type().is_a(bus::event_type<OrderCreatedEvent>()));
    BOOST_TEST(bus::event_cast<PaymentEvent>(event)->payment_id == "p-1");
    BOOST_TEST(bus::event_cast<OrderCreatedEvent>(event) == nullptr);
    BOOST_TEST(event.aggregate_id() == "p-1");
    BOOST_TEST(event.aggregate_type() == "Payment");
    BOOST_TEST((event.type().durability() == bus::Durability::buffered));

    std::string data;
    bus::write_data(event, data);
    BOOST_TEST(data == R"({"payment_id":"p-1","card":"4242"})");
    const auto back = bus::from_json<CardChargedEvent>(bus::to_json(event));
    BOOST_TEST(back.payment_id == "p-1");
    BOOST_TEST(back.card == "4242");
}

BOOST_AUTO_TEST_CASE(a_derived_event_passes_execution_user_and_cause_on) {
    const auto cause = sample::order();
    const auto event = bus::derive<PaymentEvent>(cause, "p-2");
    BOOST_TEST(event.execution_id == "exec-123");
    BOOST_TEST(event.user_id == "user-7");
    BOOST_TEST((event.causation_id == cause.event_id));
    BOOST_TEST((event.event_id != cause.event_id));
    BOOST_TEST(event.payment_id == "p-2");
}

BOOST_AUTO_TEST_CASE(a_copy_is_equal_and_of_the_same_type) {
    const auto event = sample::order();
    const auto copy = event.type().copy(event);
    BOOST_TEST(copy->event_type() == "OrderCreatedEvent");
    BOOST_TEST(bus::to_json(*copy) == bus::to_json(event));
}

BOOST_AUTO_TEST_CASE(copied_and_created_events_have_the_alignment_of_their_type) {
    const auto is_aligned = [](const bus::DomainEvent& event) {
        const auto& wide = static_cast<const sample::WideEvent&>(event);
        return reinterpret_cast<std::uintptr_t>(&wide) % alignof(sample::WideEvent) == 0;
    };
    const sample::WideEvent event{{}, 8, std::string(100, 'x')};
    for (int i = 0; i < 10; ++i) {
        const auto copy = event.type().copy(event);
        BOOST_TEST(is_aligned(*copy));
        BOOST_TEST(static_cast<const sample::WideEvent&>(*copy).text == event.text);
        const auto created = event.type().create();
        BOOST_TEST(is_aligned(*created));
        BOOST_TEST(static_cast<const sample::WideEvent&>(*created).number == 7);
    }
}

CardChargedEvent charged() {
    CardChargedEvent event;
    event.payment_id = "p-1";
    event.card = "4242";
    event.user_id = "user-7";
    return event;
}

BOOST_AUTO_TEST_CASE(a_copy_into_the_base_is_an_event_of_the_base) {
    const CardChargedEvent event = charged();
    const PaymentEvent copy = event;
    CardChargedEvent source = event;
    const PaymentEvent moved = std::move(source);
    for (const PaymentEvent& base : {copy, moved}) {
        BOOST_TEST(&base.type() == &bus::event_type<PaymentEvent>());
        BOOST_TEST(bus::event_cast<CardChargedEvent>(base) == nullptr);
        BOOST_TEST(bus::event_cast<PaymentEvent>(base) == &base);
        BOOST_TEST(base.payment_id == "p-1");
        BOOST_TEST(base.user_id == "user-7");
        BOOST_TEST((base.event_id == event.event_id));
        BOOST_TEST(base.type().copy(base)->event_type() == "PaymentEvent");
    }
}

BOOST_AUTO_TEST_CASE(an_event_keeps_its_type_when_another_is_assigned_to_it) {
    CardChargedEvent event = charged();
    PaymentEvent base;
    base = event;
    BOOST_TEST(&base.type() == &bus::event_type<PaymentEvent>());
    BOOST_TEST(base.payment_id == "p-1");
    BOOST_TEST((base.event_id == event.event_id));

    PaymentEvent other;
    other.payment_id = "p-2";
    PaymentEvent& refined = event; // and its own part stays as it was
    refined = std::move(other);
    BOOST_TEST(&event.type() == &bus::event_type<CardChargedEvent>());
    BOOST_TEST(event.payment_id == "p-2");
    BOOST_TEST(event.card == "4242");
}

BOOST_AUTO_TEST_CASE(copies_and_moves_within_a_type_keep_that_type) {
    const CardChargedEvent event = charged();
    CardChargedEvent copy = event;
    CardChargedEvent moved = std::move(copy);
    copy = moved;
    BOOST_TEST(&copy.type() == &bus::event_type<CardChargedEvent>());
    BOOST_TEST(&moved.type() == &bus::event_type<CardChargedEvent>());
    BOOST_TEST(copy.card == "4242");
    static_assert(std::is_nothrow_move_constructible_v<CardChargedEvent>);
    static_assert(std::is_nothrow_move_assignable_v<CardChargedEvent>);
}

BOOST_AUTO_TEST_CASE(events_are_aggregates) {
    static_assert(std::is_aggregate_v<PaymentEvent>);
    static_assert(std::is_aggregate_v<CardChargedEvent>);
    BOOST_TEST((PaymentEvent{{}, "p-1"}).payment_id == "p-1");
    {
#pragma GCC diagnostic push // GCC asks for the base, for which there is no designator
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
        BOOST_TEST((PaymentEvent{.payment_id = "p-1"}).payment_id == "p-1");
#pragma GCC diagnostic pop
    }
    BOOST_TEST((CardChargedEvent{{}, "4242"}).card == "4242");
    BOOST_TEST((CardChargedEvent{{}, "4242"}).event_type() == "CardChargedEvent");
}

BOOST_AUTO_TEST_CASE(the_part_common_to_all_events_is_small) {
    static_assert(sizeof(bus::DomainEvent) <= 80);
    static_assert(sizeof(PaymentEvent) == sizeof(bus::DomainEvent) + sizeof(std::string));
}

BOOST_AUTO_TEST_SUITE_END()
