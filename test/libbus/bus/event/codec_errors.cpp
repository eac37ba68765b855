#include "test/libbus/bus/event/sample_events.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(codec_errors)

namespace {

using bus::Reading;
using sample::with;

/// The message of the error with which reading must end. Checks that the message begins with the
/// path.
template <class Read>
std::string error_of(Read read) {
    try {
        read();
    } catch (const bus::CodecError& error) {
        const std::string message = error.what();
        BOOST_TEST(message.starts_with(error.path()));
        return message;
    }
    return "no error";
}

template <class T>
std::string error_in(std::string_view json, Reading reading = Reading::tolerant) {
    return error_of([&] { (void)bus::from_json_text<T>(json, reading); });
}

std::string error_in_event(std::string_view json) {
    std::string message = error_of([&] { (void)bus::from_json<sample::OrderCreatedEvent>(json); });
    BOOST_TEST(error_of([&] { (void)bus::read_event(json); }) == message);
    return message;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_path_expectation_and_finding) {
    BOOST_TEST(error_in<sample::Everything>(R"({"lines":[{"sku":"a"},{"amount":"12,5O"}]})") ==
               R"(lines[1].amount: expected a decimal such as "12.50", found string "12,5O")");
    BOOST_TEST(error_in<sample::Everything>(R"({"shelves":{"a b":[{"sku":12.50}]}})") ==
               R"(shelves["a b"][0].sku: expected a string, found number 12.50)");
    BOOST_TEST(error_in<sample::Everything>(R"({"uint8":256})") ==
               "uint8: expected an integer from 0 to 255, found number 256");
    BOOST_TEST(error_in<sample::Everything>(R"({"colour":"pink"})") ==
               R"(colour: expected one of red, green, blue, found string "pink")");
    BOOST_TEST(error_in<sample::Everything>(R"({"optional_line":[]})") ==
               "optional_line: expected an object, found a list");
    BOOST_TEST(error_in<sample::Everything>(R"({"strings":{}})") ==
               "strings: expected a list, found an object");
    BOOST_TEST(error_in<sample::Everything>(R"({"string":null})") ==
               "string: expected a string, found null");
    BOOST_TEST(error_in<sample::Everything>(R"({"boolean":1})") ==
               "boolean: expected true or false, found number 1");
    BOOST_TEST(error_in<sample::Everything>(R"({"string":true})") ==
               "string: expected a string, found true");
    BOOST_TEST(error_in<sample::Everything>(R"({"amount":false})") ==
               R"(amount: expected a decimal such as "12.50", found false)");
    BOOST_TEST(error_in<int>("[]") == "expected an integer from -2147483648 to 2147483647, "
                                      "found a list");
    BOOST_TEST(contains(error_in<sample::Everything>(R"({"timestamp":"soon"})"),
                        R"(found string "soon")"));
    BOOST_TEST(contains(error_in<sample::Everything>(R"({"uuid":"1234"})"), "a UUID"));
}

BOOST_AUTO_TEST_CASE(integers_that_do_not_fit_are_refused) {
    for (const auto* json :
         {R"({"int8":128})", R"({"int8":-129})", R"({"int16":32768})", R"({"int32":2147483648})",
          R"({"int64":9223372036854775808})", R"({"uint8":-1})", R"({"uint16":65536})",
          R"({"uint32":4294967296})", R"({"uint64":18446744073709551616})", R"({"uint64":-1})",
          R"({"int32":1.0})", R"({"int32":1e3})", R"({"int32":"1"})"}) {
        BOOST_TEST(contains(error_in<sample::Everything>(json), "expected an integer from"), json);
    }
}

BOOST_AUTO_TEST_CASE(long_findings_are_shortened_and_made_printable) {
    const std::string text(1000, 'x');
    const auto message = error_in<sample::Everything>(R"({"uuid":")" + text + R"(\u0007"})");
    BOOST_TEST(message.size() < 120U);
    BOOST_TEST(contains(message, "xxx...\""));
    BOOST_TEST(contains(error_in<sample::Everything>(R"({"uuid":"\u0007"})"), "\"?\""));
}

BOOST_AUTO_TEST_CASE(the_path_of_an_event_begins_at_its_envelope) {
    BOOST_TEST(error_in_event(with(sample::order_json, R"("amazon")", "[1]")) ==
               "data.marketplace: expected a string, found a list");
    BOOST_TEST(error_in_event(with(sample::order_json, R"("exec-123")", "12")) ==
               "execution_id: expected a string, found number 12");
    BOOST_TEST(contains(error_in_event(with(sample::order_json, "0190c2f4-", "0190c2f4")),
                        "event_id: expected a UUID, found string \"0190c2f46a54"));
    auto record = bus::encode(sample::order());
    record.data = with(record.data, R"("amazon")", "[1]");
    BOOST_TEST(error_of([&] { (void)bus::decode(record); }) ==
               "data.marketplace: expected a string, found a list");
    record.data = "[]";
    BOOST_TEST(error_of([&] { (void)bus::decode(record); }) ==
               "data: expected an object, found a list");
}

BOOST_AUTO_TEST_CASE(the_members_that_make_an_event_are_required) {
    for (const auto& [member, text] : std::map<std::string, std::string>{
             {"event_id", R"("event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90",)"},
             {"event_type", R"("event_type":"OrderCreatedEvent",)"},
             {"occurred_at", R"("occurred_at":"2025-09-01T00:22:59.000001Z",)"}}) {
        const auto json = with(sample::order_json, text, "");
        BOOST_TEST(error_in_event(json) == member + ": an event must have this member, found none");
        BOOST_TEST(contains(error_of([&] { (void)bus::read_record(json); }), member));
    }
    const std::string_view json = sample::order_json;
    const auto without_data = std::string{json.substr(0, json.find(R"(,"data")"))} + "}";
    BOOST_TEST(error_in_event(without_data) == "data: an event must have this member, found none");
    for (const auto* data : {"null", "[]", "12", "\"{}\""}) {
        const auto wrong = std::string{json.substr(0, json.find(R"({"order_id")"))} + data + "}";
        BOOST_TEST(contains(error_in_event(wrong), "data: expected an object"), data);
        BOOST_TEST(contains(error_of([&] { (void)bus::read_record(wrong); }), "data: expected"));
    }
    BOOST_TEST(contains(error_in_event("[]"), "expected an object, found a list"));
}

BOOST_AUTO_TEST_CASE(a_member_of_the_envelope_that_comes_twice_is_an_error) {
    BOOST_TEST(
        error_in_event(with(sample::order_json, R"("user_id")", R"("user_id":"a","user_id")")) ==
        "user_id: this member comes twice");
    BOOST_TEST(
        error_in_event(std::string{sample::order_json.substr(0, sample::order_json.size() - 1)} +
                       R"(,"data":{}})") == "data: this member comes twice");
}

BOOST_AUTO_TEST_CASE(another_type_and_other_versions_are_refused) {
    const auto other = with(sample::order_json, "OrderCreatedEvent", "EverythingHappenedEvent");
    BOOST_TEST(error_of([&] { (void)bus::from_json<sample::OrderCreatedEvent>(other); }) ==
               R"(event_type: expected "OrderCreatedEvent", found "EverythingHappenedEvent")");
    BOOST_TEST(contains(error_in_event(with(sample::order_json, R"(version":1)", R"(version":2)")),
                        "event_version: expected OrderCreatedEvent up to version 1, found 2"));
    BOOST_TEST(contains(error_in_event(with(sample::order_json, R"(version":1)", R"(version":0)")),
                        "event_version: expected a version from 1 on, found 0"));
}

BOOST_AUTO_TEST_CASE(strict_reading_refuses_unknown_and_duplicate_members_by_path) {
    const auto* const json = R"({"lines":[{"sku":"a","prize":1}]})";
    BOOST_TEST(error_in<sample::Everything>(json) == "no error");
    BOOST_TEST(error_in<sample::Everything>(json, Reading::strict) ==
               "lines[0].prize: no such member; expected one of those described: sku, quantity, "
               "amount");
    BOOST_TEST(error_in<sample::Line>(R"({"sku":"a","sku":"b"})", Reading::strict) ==
               "sku: this member comes twice");
    BOOST_TEST(error_in<sample::Line>(R"({"\u0000":1})", Reading::strict)
                   .starts_with(R"(["?"]: no such member)"));
}

BOOST_AUTO_TEST_CASE(broken_json_is_named_with_its_offset) {
    for (const auto& json :
         {"", "{", "{\"sku\":\"a\"", "{\"sku\":\"a\"}}", "{\"sku\":\"a\"} {}", "{\"sku\":\"a\",}",
          "{sku:1}", "{\"sku\":\"\xff\"}", "{\"sku\":\"\x01\"}", "{\"quantity\":01}",
          "{\"quantity\":+1}", "{\"quantity\":1.}", "{\"quantity\":-}", "{\"sku\":\"\\ud800\"}",
          "{\"a\":nul}", "\xef\xbb\xbf{}", "{\"sku\":\"a\"}//", "{\"x\":\"\xc0\xaf\"}"}) {
        BOOST_TEST(contains(error_in<sample::Line>(json), "broken JSON at offset "), json);
    }
    BOOST_TEST(error_in<sample::Everything>(R"({"lines":[{"sku":"a"},{"sku":nope}]})") ==
               "lines[1].sku: broken JSON at offset 29: syntax error, near `nope}]}`");
}

BOOST_AUTO_TEST_CASE(every_cut_of_an_event_is_an_error) {
    const auto json = sample::order_json;
    for (std::size_t size = 0; size < json.size(); ++size) {
        BOOST_TEST(error_in_event(json.substr(0, size)) != "no error");
        BOOST_TEST(error_of([&] { (void)bus::read_record(json.substr(0, size)); }) != "no error");
    }
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_an_error_and_does_not_overflow_the_stack) {
    const std::string deep(1'000'000, '[');
    BOOST_TEST(contains(error_in<sample::Everything>(R"({"json":)" + deep), "broken JSON"));
    BOOST_TEST(contains(error_in<sample::Everything>(R"({"other":)" + deep), "broken JSON"));
    std::string tree;
    for (int i = 0; i < 100'000; ++i) {
        tree += R"({"name":"","children":[)";
    }
    BOOST_TEST(contains(error_in<sample::Tree>(tree), "broken JSON"));
    const auto event = with(sample::order_json, R"("data":{)", R"("data":{"x":)" + deep);
    BOOST_TEST(contains(error_in_event(event), "broken JSON"));
}

BOOST_AUTO_TEST_SUITE_END()
