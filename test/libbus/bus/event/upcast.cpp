#include "test/libbus/bus/event/sample_events.hpp"
#include <bus/event/upcast.hpp>

#include <boost/test/unit_test.hpp>

namespace sample {

struct PriceSetEvent : bus::Event<PriceSetEvent> {
    std::string product_id;
    Amount price;
    std::string currency;
    std::vector<Amount> earlier;
};
BUS_DESCRIBE_EVENT(PriceSetEvent, (product_id, price, currency, earlier), bus::version(3),
                   bus::aggregate_id<&PriceSetEvent::product_id>)

struct GapEvent : bus::Event<GapEvent> {
    std::string name;
};
BUS_DESCRIBE_EVENT(GapEvent, (name), bus::version(3))

void rename(boost::json::object& data, std::string_view from, std::string_view to) {
    boost::json::value value = std::move(data.at(from)); // a new member moves the others
    data.erase(from);
    data[to] = std::move(value);
}

/// Version 1 called the product `id` and the price `amount`, version 2 had no currency.
void register_upcasters() {
    static const bool once = [] {
        bus::upcast<PriceSetEvent>(1, [](boost::json::object& data) {
            rename(data, "id", "product_id");
            rename(data, "amount", "price");
        });
        bus::upcast<PriceSetEvent>(2, [](boost::json::object& data) { data["currency"] = "EUR"; });
        bus::upcast<GapEvent>(2, [](boost::json::object&) {});
        return true;
    }();
    (void)once;
}

std::string event_json(std::string_view type, int version, std::string_view data) {
    return R"({"event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90","event_type":")" +
           std::string{type} + R"(","event_version":)" + std::to_string(version) +
           R"(,"occurred_at":"2025-09-01T00:22:59Z","data":)" + std::string{data} + "}";
}

} // namespace sample

BOOST_AUTO_TEST_SUITE(upcast)

using sample::event_json;
using sample::PriceSetEvent;

BOOST_AUTO_TEST_CASE(an_event_of_version_1_arrives_as_version_3) {
    sample::register_upcasters();
    const auto json =
        event_json("PriceSetEvent", 1,
                   R"({"id":"p1","amount":396.00,"earlier":[12345678901234567890.10,1.50,1.5]})");
    const auto event = bus::from_json<PriceSetEvent>(json);
    BOOST_TEST(event.event_version() == 3U);
    BOOST_TEST(event.product_id == "p1");
    BOOST_TEST(event.price.text == "396.00");
    BOOST_TEST(event.currency == "EUR");
    BOOST_TEST(event.aggregate_id() == "p1");
    BOOST_REQUIRE(event.earlier.size() == 3U);
    BOOST_TEST(event.earlier[0].text == "12345678901234567890.10");
    BOOST_TEST(event.earlier[1].text == "1.50");
    BOOST_TEST(event.earlier[2].text == "1.5");

    const auto record = bus::read_record(json);
    BOOST_TEST(record.event_version == 1U);
    const auto decoded = bus::decode(record);
    BOOST_TEST(bus::to_json(*decoded) == bus::to_json(event));
    BOOST_TEST(bus::to_json(*bus::read_event(json)) == bus::to_json(event));
}

BOOST_AUTO_TEST_CASE(version_2_takes_only_the_last_step) {
    sample::register_upcasters();
    const auto event = bus::from_json<PriceSetEvent>(
        event_json("PriceSetEvent", 2, R"({"product_id":"p2","price":"1.10"})"));
    BOOST_TEST(event.product_id == "p2");
    BOOST_TEST(event.currency == "EUR");
}

BOOST_AUTO_TEST_CASE(the_current_version_takes_no_step) {
    sample::register_upcasters();
    const auto event = bus::from_json<PriceSetEvent>(
        event_json("PriceSetEvent", 3, R"({"product_id":"p3","currency":"USD"})"));
    BOOST_TEST(event.currency == "USD");
}

BOOST_AUTO_TEST_CASE(an_upcaster_that_fails_or_is_missing_is_named) {
    sample::register_upcasters();
    const auto mentions = [](std::string_view part) {
        return [part](const bus::CodecError& error) {
            return std::string_view{error.what()}.find(part) != std::string_view::npos;
        };
    };
    BOOST_CHECK_EXCEPTION(bus::read_event(event_json("PriceSetEvent", 1, "{}")), bus::CodecError,
                          mentions("upcaster of PriceSetEvent from version 1 to 2 failed"));
    BOOST_CHECK_EXCEPTION(bus::read_event(event_json("GapEvent", 1, "{}")), bus::CodecError,
                          mentions("no upcaster of GapEvent from version 1 to 2"));
    BOOST_CHECK_EXCEPTION(bus::read_event(event_json("PriceSetEvent", 4, "{}")), bus::CodecError,
                          mentions("up to version 3, found 4"));
}

BOOST_AUTO_TEST_CASE(wrong_registrations_are_refused) {
    sample::register_upcasters();
    const auto nothing = [](boost::json::object&) {};
    BOOST_CHECK_THROW(bus::upcast<PriceSetEvent>(1, nothing), std::logic_error);
    BOOST_CHECK_THROW(bus::upcast<PriceSetEvent>(3, nothing), std::logic_error);
    BOOST_CHECK_THROW(bus::upcast<PriceSetEvent>(0, nothing), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
