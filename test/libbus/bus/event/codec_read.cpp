#include "test/libbus/bus/event/sample_events.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

BOOST_AUTO_TEST_SUITE(codec_read)

namespace {

using sample::with;

/// An event as the original Python system wrote it: blanks, a time without an offset, no user,
/// amounts as a number and as a string.
constexpr std::string_view python_json =
    R"({"event_id": "7C9E6679-7425-40DE-944B-E07FC1F90AE7", )"
    R"("event_type": "FinancialsExtractedEvent", "event_version": 1, )"
    R"("aggregate_id": "205-1", "aggregate_type": "Order", "execution_id": "exec-9", )"
    R"("user_id": null, "occurred_at": "2025-09-01T00:22:59.123456", )"
    R"("data": {"order_id": "205-1", "principal_amount": 396.00, )"
    R"("principal_currency": "EUR", "net_proceeds": "-12.5", "financial_lines_count": 3}})";

/// Reads in both ways: as a given type, and by the name of the type.
sample::OrderCreatedEvent read_order(std::string_view json) {
    const auto event = bus::from_json<sample::OrderCreatedEvent>(json);
    const auto by_name = bus::read_event(json);
    BOOST_REQUIRE(by_name != nullptr);
    BOOST_TEST(bus::to_json(*by_name) == bus::to_json(event));
    return event;
}

} // namespace

BOOST_AUTO_TEST_CASE(reading_back_restores_the_same_event) {
    const auto event = read_order(sample::order_json);
    BOOST_TEST(bus::to_text(event.event_id) == "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90");
    BOOST_TEST(bus::to_text(event.occurred_at) == "2025-09-01T00:22:59.000001Z");
    BOOST_TEST(event.execution_id == "exec-123");
    BOOST_TEST(event.user_id == "user-7");
    BOOST_TEST(event.aggregate_id() == "TEST-001");
    BOOST_TEST(event.own_aggregate_id == "");
    BOOST_TEST(event.causation_id.is_nil());
    BOOST_TEST(event.order_id == "TEST-001");
    BOOST_TEST(event.marketplace == "amazon");
    BOOST_TEST(event.buyer_email == "buyer@example.com");
    BOOST_TEST(bus::to_text(event.purchase_date) == "2025-08-31T10:00:00.000000Z");
    BOOST_TEST(bus::to_json(event) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(what_the_python_system_wrote_is_read) {
    const auto event = bus::from_json<sample::FinancialsExtractedEvent>(python_json);
    BOOST_TEST(bus::to_text(event.event_id) == "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    BOOST_TEST(bus::to_text(event.occurred_at) == "2025-09-01T00:22:59.123456Z");
    BOOST_TEST(event.user_id == "");
    BOOST_TEST(event.principal_amount.value().text == "396.00");
    BOOST_TEST(event.net_proceeds.value().text == "-12.5");
    BOOST_TEST(event.financial_lines_count == 3);
}

BOOST_AUTO_TEST_CASE(absent_members_keep_their_default_and_null_empties_an_optional) {
    auto json = with(python_json, R"("principal_amount": 396.00, )", "");
    json = with(json, R"("net_proceeds": "-12.5")", R"("net_proceeds": null)");
    json = with(json, R"("user_id": null, )", "");
    json = with(json, R"("event_version": 1, )", "");
    const auto event = bus::from_json<sample::FinancialsExtractedEvent>(json);
    BOOST_TEST(!event.principal_amount.has_value());
    BOOST_TEST(!event.net_proceeds.has_value());
    BOOST_TEST(event.principal_currency == "EUR");
}

BOOST_AUTO_TEST_CASE(members_come_in_any_order_and_data_before_the_type) {
    const auto event = read_order(
        R"({"data":{"purchase_date":"2025-08-31T10:00:00Z","buyer_email":"buyer@example.com",)"
        R"("order_id":"TEST-001","marketplace":"amazon"},"user_id":"user-7","event_version":1,)"
        R"("occurred_at":"2025-09-01T00:22:59.000001Z","execution_id":"exec-123",)"
        R"("event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90","aggregate_id":"TEST-001",)"
        R"("event_type":"OrderCreatedEvent"})");
    BOOST_TEST(bus::to_json(event) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(blanks_and_escapes_change_nothing) {
    auto json = with(sample::order_json, R"("amazon")", R"( "\u0061m\u0061zon" )");
    json = with(json, R"("TEST-001","aggregate)", R"("\u0054EST-001" ,"aggregate)");
    json = with(json, R"("data":)", "\"d\\u0061ta\"\n:\t");
    json = with(json, "OrderCreatedEvent", "Order\\u0043reatedEvent");
    BOOST_TEST(bus::to_json(read_order(json)) == sample::order_json);
    BOOST_TEST(bus::to_json(bus::read_record(json)) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(unknown_members_are_ignored_however_deep_they_are) {
    auto json = with(sample::order_json, R"("data":{)",
                     R"("trace":{"a":[1,{"data":{}}]},"data":{"extra":[[],{"order_id":"x"}],)");
    BOOST_TEST(bus::to_json(read_order(json)) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(text_outside_ascii_is_read_as_it_is) {
    auto event = sample::order();
    event.marketplace = "Z\u00fcrich \u20ac \U0001F600";
    const auto back = read_order(bus::to_json(event));
    BOOST_TEST(back.marketplace == event.marketplace);
}

BOOST_AUTO_TEST_CASE(an_event_of_an_unknown_type_is_kept_whole) {
    const auto json = with(with(sample::order_json, "OrderCreatedEvent", "ShipLaunchedEvent"),
                           R"({"order_id")", R"({"weight":1.50,"more":[1,{"a":null}],"order_id")");
    const auto record = bus::read_record(json);
    BOOST_TEST(record.event_type == "ShipLaunchedEvent");
    BOOST_TEST(record.data.starts_with(R"({"weight":1.50,"more":[1,{"a":null}],)"));
    BOOST_TEST(bus::to_json(record) == json);
    BOOST_TEST(bus::decode(record) == nullptr);
    BOOST_CHECK_EXCEPTION(bus::read_event(json), bus::CodecError,
                          [](const auto& e) { return e.path() == "event_type"; });
}

BOOST_AUTO_TEST_CASE(the_base_of_all_events_is_not_an_event_itself) {
    const auto json = with(sample::order_json, "OrderCreatedEvent", "DomainEvent");
    BOOST_TEST(bus::decode(bus::read_record(json)) == nullptr);
    BOOST_CHECK_THROW(bus::read_event(json), bus::CodecError);
}

BOOST_AUTO_TEST_CASE(a_record_becomes_its_event_again) {
    auto event = sample::order();
    event.causation_id = event.event_id;
    event.own_aggregate_id = "own";
    const auto record = bus::encode(event);
    const auto back = bus::decode(record);
    BOOST_REQUIRE(back != nullptr);
    BOOST_TEST(bus::to_json(*back) == bus::to_json(event));
    BOOST_TEST((bus::encode(*back) == record));
    BOOST_TEST(bus::event_cast<sample::OrderCreatedEvent>(*back)->order_id == "TEST-001");
}

BOOST_AUTO_TEST_CASE(long_numbers_keep_every_digit) {
    for (const std::string number :
         {"1234567890123456789012345678901234567890", "-0.1234567890123456789012345678901234567890",
          "396.00", "0", "-1", "12345678901234567890123456789012345678.90"}) {
        for (const auto* blank : {"", " "}) {
            const auto line = bus::from_json_text<sample::Line>(
                R"({"sku":"a","quantity":1,"amount":)" + number + blank + "}");
            BOOST_TEST(line.amount.text == number);
        }
    }
}

BOOST_AUTO_TEST_CASE(doubles_are_correctly_rounded) {
    const auto read = [](const char* text) { return bus::from_json_text<double>(text); };
    BOOST_TEST(read("0.1") == 0.1);
    BOOST_TEST(read("9007199254740993") == 9007199254740992.0); // a tie goes to the even one
    BOOST_TEST(read("2.2250738585072011e-308") == 2.2250738585072011e-308);
    BOOST_TEST(read("4.9e-324") == 4.9e-324);
    BOOST_TEST(read("1.7976931348623157e308") == 1.7976931348623157e308);
    BOOST_TEST(read("1e-400") == 0.0);
    BOOST_TEST(std::signbit(read("-0")));
    BOOST_CHECK_THROW(read("1e400"), bus::CodecError);
    BOOST_CHECK_THROW(read("-1e400"), bus::CodecError);
}

BOOST_AUTO_TEST_CASE(the_last_of_equal_members_in_data_counts) {
    const auto json = with(sample::order_json, R"("marketplace":"amazon")",
                           R"("marketplace":"first","marketplace":"amazon")");
    BOOST_TEST(bus::to_json(read_order(json)) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(settings_are_read_and_written_like_events) {
    const auto line = bus::from_json_text<sample::Line>(R"( {"quantity": 3} )");
    BOOST_TEST(line.quantity == 3U);
    BOOST_TEST(bus::to_json_text(line) == R"({"sku":"","quantity":3,"amount":"0"})");
    BOOST_TEST((bus::from_json_text<std::vector<int>>("[1,2, 3]") == std::vector<int>{1, 2, 3}));
    BOOST_TEST((bus::from_json_text<std::map<std::string, int>>(R"({"a b":1,"":2,"\n":3})") ==
                std::map<std::string, int>{{"a b", 1}, {"", 2}, {"\n", 3}}));
    BOOST_TEST((bus::from_json_text<std::optional<int>>("null") == std::optional<int>{}));
    BOOST_TEST(bus::from_json_text<std::string>("\"\"") == "");
}

BOOST_AUTO_TEST_SUITE_END()
