#include "demo/marketplace/bundle_reader.hpp"

#include "bundle_builder.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using demo::Bundle;
using demo::read_bundle;
using test::replaced;
using test::sound_bundle;

namespace {

void check_problem(const std::optional<demo::OrderProblem>& problem, std::string_view type,
                   const std::string& path, const std::string& part_of_message) {
    BOOST_REQUIRE(problem);
    BOOST_TEST(problem->error_type() == type);
    BOOST_TEST(problem->path() == path);
    const std::string message = problem->what();
    BOOST_TEST(message.find(part_of_message) != std::string::npos, message);
    BOOST_TEST(message.find(path) == 0U, message);
}

} // namespace

BOOST_AUTO_TEST_SUITE(bundle_reader)

BOOST_AUTO_TEST_CASE(a_sound_bundle_is_read_whole) {
    const Bundle bundle = read_bundle(sound_bundle);
    BOOST_TEST(!bundle.ingest_problem.has_value());
    BOOST_TEST(!bundle.financials_problem.has_value());
    BOOST_TEST(!bundle.content_problem.has_value());
    BOOST_TEST(bundle.order_id == "123-4567890-1234567");
    BOOST_TEST(bundle.purchase_date == "2025-03-01T10:00:00Z");
    BOOST_TEST(bundle.last_update_date == "2025-03-02T10:00:00Z");
    BOOST_TEST(bundle.status == "Shipped");
    BOOST_TEST(bundle.buyer_email == "b@example.org");
    BOOST_TEST(bundle.sales_channel == "Amazon.de");
    BOOST_TEST(bundle.total.value().text == "32.50");
    BOOST_REQUIRE(bundle.items.size() == 2U);
    BOOST_TEST(bundle.items[0].sku == "A-1");
    BOOST_TEST(bundle.items[0].title == "Mug");
    BOOST_TEST(bundle.items[0].quantity == 2);
    BOOST_TEST(bundle.items[1].price.value().text == "10.00");
    BOOST_REQUIRE(bundle.entries.size() == 7U);
    BOOST_TEST(bundle.entries[0].type == "Principal");
    BOOST_TEST(bundle.entries[1].amount.text == "4.00");
    BOOST_TEST(bundle.entries[1].amount.currency == "EUR");
    BOOST_TEST((bundle.entries[3].kind == demo::EntryKind::promotion));
}

BOOST_AUTO_TEST_CASE(an_entry_knows_its_json_path) {
    const Bundle bundle = read_bundle(sound_bundle);
    BOOST_TEST(bundle.entries[0].amount_path() ==
               "financialEvents.ShipmentEventList[0].ShipmentItemList[0].ItemChargeList[0]."
               "ChargeAmount.CurrencyAmount");
    BOOST_TEST(bundle.entries[5].path() ==
               "financialEvents.ShipmentEventList[0].ShipmentItemList[1].ItemFeeList[0]");
    BOOST_TEST(bundle.entries[6].currency_path() ==
               "financialEvents.ShipmentEventList[0].OrderFeeList[0].FeeAmount.CurrencyCode");
}

BOOST_AUTO_TEST_CASE(amounts_keep_their_text_to_the_last_digit) {
    for (const std::string amount :
         {"0.10", "-0.00", "1e3", "1E-2", "12345678901234567890.123456789", "100000000000000000000",
          "-9223372036854775808", "1234567890123456789012345678901234567890"}) {
        const Bundle as_number = read_bundle(replaced(sound_bundle, ":20.00", ":" + amount));
        BOOST_TEST(as_number.entries.at(0).amount.text == amount);
        const Bundle as_string =
            read_bundle(replaced(sound_bundle, ":20.00", ":\"" + amount + "\""));
        BOOST_TEST(as_string.entries.at(0).amount.text == amount);
    }
}

BOOST_AUTO_TEST_CASE(escapes_are_read_as_the_characters_they_stand_for) {
    const Bundle bundle =
        read_bundle(replaced(sound_bundle, "\"Mug\"", R"("\"\u00e9\ud83d\udd14\\\n")"));
    BOOST_TEST(bundle.items.at(0).title == "\"\xC3\xA9\xF0\x9F\x94\x94\\\n");
    const Bundle key = read_bundle(replaced(sound_bundle, "\"order\"", R"("\u006frder")"));
    BOOST_TEST(!key.ingest_problem.has_value());
}

BOOST_AUTO_TEST_CASE(all_lists_of_charges_fees_and_promotions_count) {
    std::string lists;
    for (const std::string kind : {"Charge", "Fee", "Promotion"}) {
        for (const std::string list : {"List", "AdjustmentList"}) {
            const std::string prefix = kind == "Promotion" ? "" : "Item";
            lists += "\"" + prefix + kind + list + "\":[{\"" + kind + "Type\":\"T\",\"" + kind +
                     "Amount\":{\"CurrencyCode\":\"EUR\",\"CurrencyAmount\":1}}],";
        }
    }
    lists.pop_back();
    std::string of_event;
    for (const std::string list :
         {"OrderFeeList", "OrderFeeAdjustmentList", "ShipmentFeeList", "ShipmentFeeAdjustmentList"})
        of_event += ",\"" + list +
                    R"(":[{"FeeType":"T","FeeAmount":{"CurrencyCode":"EUR","CurrencyAmount":1}}])";
    for (const std::string list : {"OrderChargeList", "OrderChargeAdjustmentList"})
        of_event +=
            ",\"" + list +
            R"(":[{"ChargeType":"T","ChargeAmount":{"CurrencyCode":"EUR","CurrencyAmount":1}}])";
    const std::string event = "[{\"ShipmentItemList\":[{" + lists +
                              "}],\"ShipmentItemAdjustmentList\":[{" + lists + "}]" + of_event +
                              "}]";
    const Bundle bundle = read_bundle(R"({"order":{},"orderItems":[],"financialEvents":{)"
                                      R"("ShipmentEventList":)" +
                                      event + ",\"RefundEventList\":" + event + "}}");
    BOOST_TEST(!bundle.financials_problem.has_value());
    BOOST_TEST(bundle.entries.size() == 2U * (6 + 6 + 6));
}

BOOST_AUTO_TEST_CASE(unknown_members_are_skipped_whatever_they_hold) {
    const Bundle bundle = read_bundle(
        replaced(sound_bundle, "{\"order\":{",
                 R"({"x":[{"order":1,"y":[null,true,1.5,"s",[[]]]}],"order":{"Z":{"a":[]},)"));
    BOOST_TEST(!bundle.ingest_problem.has_value());
    BOOST_TEST(bundle.entries.size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_missing_required_member_is_a_problem_of_ingest) {
    for (const std::string name :
         {"AmazonOrderId", "PurchaseDate", "LastUpdateDate", "OrderStatus"}) {
        const Bundle bundle = read_bundle(replaced(sound_bundle, name, "Other"));
        check_problem(bundle.ingest_problem, "missing_member", "order." + name,
                      "expected a string, found nothing");
        BOOST_TEST(!bundle.is_rejected());
        BOOST_TEST(bundle.order_id == (name == "AmazonOrderId" ? "" : "123-4567890-1234567"));
    }
    check_problem(read_bundle(replaced(sound_bundle, "\"order\"", "\"o\"")).ingest_problem,
                  "missing_member", "order", "expected an object, found nothing");
    check_problem(read_bundle(replaced(sound_bundle, "orderItems", "items")).ingest_problem,
                  "missing_member", "orderItems", "expected an array, found nothing");
    check_problem(read_bundle("{}").ingest_problem, "missing_member", "order", "found nothing");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_a_problem_that_names_what_was_found) {
    const auto with = [](const std::string& what, const std::string& instead) {
        return read_bundle(replaced(sound_bundle, what, instead));
    };
    check_problem(with("\"Shipped\"", "7").ingest_problem, "wrong_type", "order.OrderStatus",
                  "expected a string, found the number \"7\"");
    check_problem(with("\"Shipped\"", "null").ingest_problem, "wrong_type", "order.OrderStatus",
                  "found null");
    check_problem(with("\"Shipped\"", "{}").ingest_problem, "wrong_type", "order.OrderStatus",
                  "found an object");
    check_problem(with("\"123-4567890-1234567\"", "123").ingest_problem, "wrong_type",
                  "order.AmazonOrderId", "found the number \"123\"");
    check_problem(read_bundle(R"({"order":[],"orderItems":[]})").ingest_problem, "wrong_type",
                  "order", "expected an object, found an array");
    check_problem(read_bundle(R"({"order":"x","orderItems":[]})").ingest_problem, "wrong_type",
                  "order", "found the string \"x\"");
    check_problem(with("[{\"SellerSKU\"", "[true,{\"SellerSKU\"").ingest_problem, "wrong_type",
                  "orderItems[0]", "expected an object, found true");
}

BOOST_AUTO_TEST_CASE(a_problem_in_members_that_only_later_steps_read_is_left_to_them) {
    const auto with = [](const std::string& what, const std::string& instead) {
        const Bundle bundle = read_bundle(replaced(sound_bundle, what, instead));
        BOOST_TEST(!bundle.ingest_problem.has_value());
        BOOST_TEST(bundle.order_id == "123-4567890-1234567");
        return bundle;
    };
    const std::string first = "financialEvents.ShipmentEventList[0].ShipmentItemList[0].";
    check_problem(with("20.00}},{", "true}},{").financials_problem, "wrong_type",
                  first + "ItemChargeList[0].ChargeAmount.CurrencyAmount",
                  "expected a decimal, found true");
    check_problem(with("\"PromotionAmount\"", "\"P\"").financials_problem, "missing_member",
                  first + "PromotionList[0].PromotionAmount", "expected an object, found nothing");
    check_problem(with("\"ChargeType\":\"Tax\",", "").financials_problem, "missing_member",
                  first + "ItemChargeList[1].ChargeType", "expected a string, found nothing");
    check_problem(with("\"ShipmentEventList\":[", "\"RefundEventList\":7,\"ShipmentEventList\":[")
                      .financials_problem,
                  "wrong_type", "financialEvents.RefundEventList", "expected an array");
    check_problem(with("\"QuantityOrdered\":2", "\"QuantityOrdered\":2.5").content_problem,
                  "wrong_type", "orderItems[0].QuantityOrdered", "expected a whole number");
    check_problem(with("\"Amount\":10.00", "\"Amount\":null").content_problem, "wrong_type",
                  "orderItems[1].ItemPrice.Amount", "found null");
    check_problem(with("{\"CurrencyCode\":\"EUR\",\"Amount\":\"32.50\"}", "[]").content_problem,
                  "wrong_type", "order.OrderTotal", "expected an object, found an array");
}

BOOST_AUTO_TEST_CASE(optional_members_may_be_absent_or_null) {
    for (const std::string buyer : {"\"BuyerInfo\":null", "\"BuyerInfo\":{}",
                                    "\"BuyerInfo\":{\"BuyerEmail\":null}", "\"Other\":1"}) {
        const Bundle bundle = read_bundle(
            replaced(sound_bundle, R"("BuyerInfo":{"BuyerEmail":"b@example.org"})", buyer));
        BOOST_TEST(!bundle.ingest_problem.has_value());
        BOOST_TEST(bundle.buyer_email.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_member_that_occurs_twice_is_refused) {
    const Bundle order = read_bundle(
        replaced(sound_bundle, "\"OrderStatus\"", R"("AmazonOrderId":"9","OrderStatus")"));
    check_problem(order.ingest_problem, "invalid_member", "order.AmazonOrderId", "twice");
    BOOST_TEST(order.order_id == "123-4567890-1234567");
    const auto list = sound_bundle.substr(sound_bundle.find("\"ShipmentEventList\""));
    const Bundle events = read_bundle(sound_bundle.substr(0, sound_bundle.size() - 2) + "," + list);
    check_problem(events.financials_problem, "invalid_member", "financialEvents.ShipmentEventList",
                  "twice");
    BOOST_TEST(events.entries.size() == 7U);
}

BOOST_AUTO_TEST_CASE(an_order_id_that_could_be_confused_with_another_is_refused) {
    for (const std::string& id : {std::string(), std::string("line:7"), std::string("a\\nb"),
                                  std::string("a\\u0000"), std::string(129, '1')}) {
        const Bundle bundle = read_bundle(replaced(sound_bundle, "123-4567890-1234567", id));
        check_problem(bundle.ingest_problem, "invalid_member", "order.AmazonOrderId", "found");
        BOOST_TEST(bundle.order_id.empty());
    }
    check_problem(read_bundle(replaced(sound_bundle, "Shipped", "")).ingest_problem,
                  "invalid_member", "order.OrderStatus", "found an empty string");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_a_json_object_is_rejected) {
    for (const std::string line : {"[]", "7", "\"x\"", "null", "true", "[{\"order\":{}}]"}) {
        const Bundle bundle = read_bundle(line);
        BOOST_TEST(bundle.is_rejected());
        check_problem(bundle.ingest_problem, "not_an_object", "", "expected a JSON object");
    }
}

BOOST_AUTO_TEST_SUITE_END()
