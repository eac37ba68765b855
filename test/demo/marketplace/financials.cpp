#include "demo/marketplace/financials.hpp"

#include "demo/marketplace/bundle_reader.hpp"

#include "bundle_builder.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using demo::OrderProblem;
using demo::read_bundle;
using test::replaced;
using test::sound_bundle;

namespace {

/// The complaint of a step, as `type path`; prints its message in the log of the test.
template <class Step>
std::string complaint(const Step& step) {
    try {
        step();
    } catch (const OrderProblem& problem) {
        BOOST_TEST_MESSAGE(problem.what());
        return std::string(problem.error_type()) + " " + std::string(problem.path());
    }
    return "none";
}

std::string extract_complaint(const std::string& line) {
    return complaint([&] { demo::extract_financials(read_bundle(line)); });
}

std::string validate_complaint(const std::string& line) {
    const auto bundle = read_bundle(line);
    const auto financials = demo::extract_financials(bundle);
    BOOST_REQUIRE(financials);
    return complaint([&] { demo::validate(bundle, *financials); });
}

std::string with(const std::string& what, const std::string& instead) {
    return replaced(sound_bundle, what, instead);
}

const std::string first_charge =
    "financialEvents.ShipmentEventList[0].ShipmentItemList[0].ItemChargeList[0].ChargeAmount.";

} // namespace

BOOST_AUTO_TEST_SUITE(financials)

BOOST_AUTO_TEST_CASE(a_sound_order_is_added_up_and_valid) {
    const auto bundle = read_bundle(sound_bundle);
    const auto financials = demo::extract_financials(bundle);
    BOOST_REQUIRE(financials);
    BOOST_TEST(financials->principal.to_string() == "30.00");
    BOOST_TEST(financials->other_charges.to_string() == "4.00");
    BOOST_TEST(financials->promotions.to_string() == "-1.50");
    BOOST_TEST(financials->fees.to_string() == "-5.25");
    BOOST_TEST(financials->net.to_string() == "27.25");
    BOOST_TEST(financials->currency == "EUR");
    BOOST_TEST(financials->lines.size() == 7U);
    BOOST_CHECK_NO_THROW(demo::validate(bundle, *financials));
}

BOOST_AUTO_TEST_CASE(the_lines_sum_to_the_net) {
    const auto financials = demo::extract_financials(read_bundle(sound_bundle));
    demo::Decimal sum;
    for (const auto& line : financials->lines)
        sum += line.amount;
    BOOST_TEST(sum.is_identical(financials->net));
}

BOOST_AUTO_TEST_CASE(an_order_without_entries_waits_and_does_not_fail) {
    const auto events = sound_bundle.find("\"financialEvents\"");
    const std::string start = sound_bundle.substr(0, events);
    for (const std::string rest :
         {"\"financialEvents\":{}}", "\"financialEvents\":null}", "\"other\":1}",
          "\"financialEvents\":{\"ShipmentEventList\":[]}}",
          "\"financialEvents\":{\"ShipmentEventList\":[{\"ShipmentItemList\":[{\"ItemFeeList\":[]}]"
          "}]}}"})
        BOOST_TEST(!demo::extract_financials(read_bundle(start + rest)).has_value(), rest);
}

BOOST_AUTO_TEST_CASE(an_amount_that_is_not_a_decimal_is_refused_by_path) {
    BOOST_TEST(extract_complaint(with(":20.00", ":\"12,5O\"")) ==
               "invalid_amount " + first_charge + "CurrencyAmount");
    BOOST_TEST(extract_complaint(with(":20.00", ":\"\"")) ==
               "invalid_amount " + first_charge + "CurrencyAmount");
    BOOST_TEST(extract_complaint(with(":20.00", ":" + std::string(40, '9'))) ==
               "invalid_amount " + first_charge + "CurrencyAmount");
}

BOOST_AUTO_TEST_CASE(all_amounts_must_be_in_the_same_known_currency) {
    BOOST_TEST(extract_complaint(
                   with(R"("EUR","CurrencyAmount":-0.75)", R"("GBP","CurrencyAmount":-0.75)")) ==
               "mixed_currencies "
               "financialEvents.ShipmentEventList[0].OrderFeeList[0].FeeAmount.CurrencyCode");
    std::string line = sound_bundle;
    for (auto at = line.find("EUR"); at != std::string::npos; at = line.find("EUR"))
        line.replace(at, 3, "QQQ");
    BOOST_TEST(extract_complaint(line) == "unknown_currency " + first_charge + "CurrencyCode");
}

BOOST_AUTO_TEST_CASE(a_sum_that_would_be_rounded_is_refused) {
    BOOST_TEST(
        extract_complaint(with(":20.00", ":" + std::string(34, '9'))).find("inexact_amount ") ==
        0U);
}

BOOST_AUTO_TEST_CASE(the_total_is_the_sum_of_charges_and_promotions_with_no_tolerance) {
    BOOST_TEST(validate_complaint(sound_bundle) == "none");
    BOOST_TEST(validate_complaint(with("32.50", "32.5")) == "none");
    BOOST_TEST(validate_complaint(with("32.50", "32.500000001")) ==
               "total_mismatch order.OrderTotal.Amount");
    BOOST_TEST(validate_complaint(with("\"32.50\"", "\"32,50\"")) ==
               "invalid_amount order.OrderTotal.Amount");
    BOOST_TEST(validate_complaint(with("\"OrderTotal\"", "\"Total\"")) ==
               "missing_member order.OrderTotal");
    BOOST_TEST(validate_complaint(with(R"("EUR","Amount":"32.50")", R"("USD","Amount":"32.50")")) ==
               "mixed_currencies order.OrderTotal.CurrencyCode");
}

BOOST_AUTO_TEST_CASE(the_item_prices_sum_to_the_principal) {
    BOOST_TEST(validate_complaint(with("\"20.00\"", "\"20.01\"")) ==
               "item_price_mismatch orderItems");
    BOOST_TEST(validate_complaint(with("\"Amount\":10.00", "\"Amount\":\"x\"")) ==
               "invalid_amount orderItems[1].ItemPrice.Amount");
    BOOST_TEST(validate_complaint(with(R"("EUR","Amount":10.00)", R"("USD","Amount":10.00)")) ==
               "mixed_currencies orderItems[1].ItemPrice.CurrencyCode");
    BOOST_TEST(validate_complaint(with("\"Amount\":10.00", "\"A\":1")) ==
               "missing_member orderItems[1].ItemPrice.Amount");
}

BOOST_AUTO_TEST_CASE(an_item_without_a_price_adds_nothing) {
    BOOST_TEST(validate_complaint(with("[{\"SellerSKU\"", "[{},{\"SellerSKU\"")) == "none");
    BOOST_TEST(validate_complaint(with("\"ItemPrice\"", "\"Other\"")) ==
               "item_price_mismatch orderItems");
}

BOOST_AUTO_TEST_CASE(a_fee_may_lack_its_type_but_a_charge_may_not) {
    BOOST_TEST(extract_complaint(with("\"FeeType\":\"Commission\",", "")) == "none");
    BOOST_TEST(extract_complaint(with("\"ChargeType\":\"Tax\",", "")).find("missing_member ") ==
               0U);
}

BOOST_AUTO_TEST_SUITE_END()
