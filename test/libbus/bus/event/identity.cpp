#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Types with equal names. A wire name belongs to the first type that is used under it, so each
/// case uses different names.
namespace billing {

struct CreatedEvent : bus::Event<CreatedEvent> {
    std::string id;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(CreatedEvent, (id, cents))

struct OpenedEvent : bus::Event<OpenedEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(OpenedEvent, (id), bus::wire_name("billing.OpenedEvent"))

struct HeardEvent : bus::Event<HeardEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(HeardEvent, (id))

struct WrittenEvent : bus::Event<WrittenEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(WrittenEvent, (id))

struct PostedEvent : bus::Event<PostedEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(PostedEvent, (id))

struct ReadEvent : bus::Event<ReadEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(ReadEvent, (id))

struct LonelyEvent : bus::Event<LonelyEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(LonelyEvent, (id))

} // namespace billing

namespace shipping {

struct CreatedEvent : bus::Event<CreatedEvent> {
    std::string id;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(CreatedEvent, (id, cents))

struct OpenedEvent : bus::Event<OpenedEvent> {
    std::vector<std::string> lids; // of another layout
};
BUS_DESCRIBE_EVENT(OpenedEvent, (lids))

struct HeardEvent : bus::Event<HeardEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(HeardEvent, (number))

struct WrittenEvent : bus::Event<WrittenEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(WrittenEvent, (number))

struct PostedEvent : bus::Event<PostedEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PostedEvent, (number))

struct ReadEvent : bus::Event<ReadEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(ReadEvent, (id))

struct LonelyEvent : bus::Event<LonelyEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(LonelyEvent, (number))

} // namespace shipping

class Depot {
public:
    struct ClosedEvent : bus::Event<ClosedEvent> {
        std::string id;
    };
};
BUS_DESCRIBE_EVENT(Depot::ClosedEvent, (id), bus::wire_name("depot.Closed"))

class Shop {
public:
    struct ClosedEvent : bus::Event<ClosedEvent> {
        std::string id;
    };
};
BUS_DESCRIBE_EVENT(Shop::ClosedEvent, (id))

namespace renamed {

struct PurchaseMadeEvent : bus::Event<PurchaseMadeEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(PurchaseMadeEvent, (order_id), bus::aggregate_id<&PurchaseMadeEvent::order_id>,
                   bus::formerly("OrderBoughtEvent", "OrderTakenEvent"),
                   bus::aggregate_type("Order"))

struct SaleMadeEvent : bus::Event<SaleMadeEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(SaleMadeEvent, (order_id), bus::formerly("SaleEvent"))

struct SaleEvent : bus::Event<SaleEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(SaleEvent, (order_id))

} // namespace renamed

BOOST_AUTO_TEST_SUITE(identity)

namespace {

/// True for the error that names both types and says what to do.
auto names(const char* first, const char* second) {
    return [first, second](const std::logic_error& error) {
        const std::string_view text{error.what()};
        BOOST_TEST_MESSAGE(text);
        return text.find(first) != std::string_view::npos &&
               text.find(second) != std::string_view::npos &&
               text.find("bus::wire_name") != std::string_view::npos;
    };
}

} // namespace

BOOST_AUTO_TEST_CASE(D22_two_types_with_one_name_are_distinct_and_the_second_is_refused_when_used) {
    bus::Bus bus;
    std::string heard;
    const auto first = bus.subscribe<billing::CreatedEvent>(
        [&](const billing::CreatedEvent& event) { heard += event.id; });
    bus.publish(billing::CreatedEvent{{}, "invoice", 1});
    const shipping::CreatedEvent parcel{{}, "parcel", 2}; // does not count as a use of the type
    const auto both = names("billing::CreatedEvent", "shipping::CreatedEvent");
    BOOST_CHECK_EXCEPTION(bus.publish(parcel), std::logic_error, both);
    BOOST_CHECK_EXCEPTION((void)bus.subscribe<shipping::CreatedEvent>([](const auto&) {}),
                          std::logic_error, both);
    BOOST_CHECK_EXCEPTION(bus.post(parcel), std::logic_error, both);
    BOOST_CHECK_EXCEPTION(bus.schedule(bus::Duration{}, parcel), std::logic_error, both);
    BOOST_CHECK_EXCEPTION(bus::to_json(parcel), std::logic_error, both);
    bus.publish(billing::CreatedEvent{{}, "+", 3});
    BOOST_TEST(heard == "invoice+");
}

BOOST_AUTO_TEST_CASE(D22_a_wire_name_of_its_own_lets_both_be_used) {
    bus::Bus bus;
    std::string heard;
    const auto first = bus.subscribe<billing::OpenedEvent>(
        [&](const billing::OpenedEvent& event) { heard += "b:" + event.id + ' '; });
    const auto second = bus.subscribe<shipping::OpenedEvent>(
        [&](const shipping::OpenedEvent& event) { heard += "s:" + event.lids.at(1) + ' '; });
    const auto any = bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent& event) {
        heard += event.event_type();
        heard += bus::event_cast<billing::OpenedEvent>(event) != nullptr ? " b, " : " s, ";
    });
    const billing::OpenedEvent account{{}, "a"};
    const shipping::OpenedEvent box{{}, {"x", "y"}};
    bus.publish(account);
    bus.publish(box);
    BOOST_TEST(heard == "b:a billing.OpenedEvent b, s:y OpenedEvent s, ");
    BOOST_TEST(bus::event_cast<billing::OpenedEvent>(*bus::read_event(bus::to_json(account)))->id ==
               "a");
    BOOST_TEST(bus::from_json<shipping::OpenedEvent>(bus::to_json(box)).lids.size() == 2U);
    BOOST_TEST(account.aggregate_type() == "Opened"); // of the last part of the name
    BOOST_TEST(account.type().cpp_name() == "billing::OpenedEvent");
}

BOOST_AUTO_TEST_CASE(D22_if_only_one_of_the_types_is_used_it_has_the_name_whichever_came_first) {
    bus::Bus bus;
    std::int64_t heard = 0;
    const auto only = bus.subscribe<shipping::HeardEvent>(
        [&](const shipping::HeardEvent& event) { heard += event.number; });
    bus.publish(shipping::HeardEvent{{}, 5});
    BOOST_TEST(heard == 5);
    BOOST_CHECK_EXCEPTION(bus.publish(billing::HeardEvent{}), std::logic_error,
                          names("billing::HeardEvent", "shipping::HeardEvent"));
}

class Writing : public bus::Agent {
public:
    explicit Writing(bool second) : Agent{"writing"} {
        on<billing::WrittenEvent>([](const billing::WrittenEvent&, bus::Context&) {});
        if (second) {
            on<shipping::WrittenEvent>([](const shipping::WrittenEvent&, bus::Context&) {});
        }
    }
};

BOOST_AUTO_TEST_CASE(D22_an_agent_that_handles_the_second_type_is_refused_on_a_store_too) {
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.store = store}};
    bus.emplace<Writing>(false);
    bus.publish(billing::WrittenEvent{{}, "x"});
    const auto both = names("billing::WrittenEvent", "shipping::WrittenEvent");
    BOOST_CHECK_EXCEPTION(bus.publish(shipping::WrittenEvent{}), std::logic_error, both);
    BOOST_CHECK_EXCEPTION(Writing{true}, std::logic_error, both);
    bus.wait_idle();
    BOOST_TEST(store->last_position() == 1U);
}

BOOST_AUTO_TEST_CASE(
    D22_json_of_an_ambiguous_event_type_is_refused_until_one_of_the_types_is_used) {
    const std::string json = R"({"event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90",)"
                             R"("event_type":"ReadEvent","event_version":1,)"
                             R"("occurred_at":"2025-09-01T00:22:59Z","data":{"id":"r"}})";
    BOOST_CHECK_EXCEPTION(bus::read_event(json), std::logic_error,
                          names("billing::ReadEvent", "shipping::ReadEvent"));
    BOOST_TEST(bus::find_event_type("ReadEvent") == nullptr);
    BOOST_TEST(bus::from_json<shipping::ReadEvent>(json).id == "r");
    BOOST_TEST(bus::read_event(json)->type().cpp_name() == "shipping::ReadEvent");
    BOOST_TEST(bus::event_cast<billing::ReadEvent>(*bus::read_event(json)) == nullptr);
}

BOOST_AUTO_TEST_CASE(D22_events_inside_of_two_classes_are_two_types) {
    bus::Bus bus;
    int heard = 0;
    const auto depot =
        bus.subscribe<Depot::ClosedEvent>([&](const Depot::ClosedEvent&) { heard += 1; });
    const auto shop =
        bus.subscribe<Shop::ClosedEvent>([&](const Shop::ClosedEvent&) { heard += 10; });
    bus.publish(Depot::ClosedEvent{});
    BOOST_TEST(heard == 1);
    bus.publish(Shop::ClosedEvent{});
    BOOST_TEST(heard == 11);
    BOOST_TEST(Shop::ClosedEvent{}.event_type() == "ClosedEvent");
}

BOOST_AUTO_TEST_CASE(D22_stored_events_of_former_names_are_read_as_the_renamed_type) {
    for (const char* name : {"PurchaseMadeEvent", "OrderBoughtEvent", "OrderTakenEvent"}) {
        const std::string json = R"({"event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90",)"
                                 R"("event_type":")" +
                                 std::string{name} +
                                 R"(","event_version":1,"aggregate_id":"o-1",)"
                                 R"("occurred_at":"2025-09-01T00:22:59Z",)"
                                 R"("data":{"order_id":"o-1"}})";
        const auto event = bus::read_event(json);
        BOOST_TEST(event->event_type() == "PurchaseMadeEvent");
        BOOST_TEST(event->aggregate_type() == "Order");
        BOOST_TEST(bus::from_json<renamed::PurchaseMadeEvent>(json).order_id == "o-1");
        BOOST_TEST(bus::find_event_type(name) == &bus::event_type<renamed::PurchaseMadeEvent>());
    }
    BOOST_TEST(bus::find_event_type("OrderLentEvent") == nullptr);
}

class Accountant : public bus::Agent {
public:
    explicit Accountant(std::string& orders) : Agent{"accountant"} {
        on<renamed::PurchaseMadeEvent>(
            [&orders](const renamed::PurchaseMadeEvent& event) { orders += event.order_id; });
    }
};

BOOST_AUTO_TEST_CASE(D22_an_agent_gets_what_was_stored_under_a_former_name) {
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.store = store}};
    bus::EventRecord record = bus::encode(renamed::PurchaseMadeEvent{{}, "o-7"});
    record.event_type = "OrderTakenEvent";
    bus.publish(record);
    std::string orders;
    bus.emplace<Accountant>(orders);
    bus.wait_idle();
    BOOST_TEST(orders == "o-7");
    bus.stop(bus::Stop::drain);
}

BOOST_AUTO_TEST_CASE(D22_a_former_name_that_another_type_has_is_refused) {
    BOOST_CHECK_EXCEPTION(bus::event_type<renamed::SaleMadeEvent>(), std::logic_error,
                          names("renamed::SaleMadeEvent", "renamed::SaleEvent"));
    BOOST_TEST((&bus::event_type<renamed::SaleEvent>() == bus::find_event_type("SaleEvent")));
}

BOOST_AUTO_TEST_SUITE_END()
