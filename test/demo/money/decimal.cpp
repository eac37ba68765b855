#include "demo/money/decimal.hpp"

#include "demo/money/decimal_text.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <string>
#include <type_traits>

using demo::Decimal;
using demo::InexactDecimal;
using demo::InvalidDecimal;

namespace {

Decimal dec(std::string_view text) {
    return Decimal::parse(text);
}

const std::string nines(34, '9');

} // namespace

BOOST_AUTO_TEST_SUITE(decimal)

BOOST_AUTO_TEST_CASE(a_decimal_is_sixteen_bytes_and_trivially_copyable) {
    static_assert(sizeof(Decimal) == 16);
    static_assert(std::is_trivially_copyable_v<Decimal>);
    BOOST_TEST(Decimal().to_string() == "0");
}

BOOST_AUTO_TEST_CASE(a_decimal_is_written_as_it_was_read) {
    for (const std::string text :
         {"0", "-0", "0.00", "-0.00", "396.00", "-21.66", "1", "0.1", "0.001", "100",
          "12345678901234567890123456789012.34", "0.0000000000000000000000000000000001", "1E+2",
          "0E+3", "1.5E-40", "-1E-6176", "9.99E+6000", "10000000000000000000.0"})
        BOOST_TEST(dec(text).to_string() == text);
    BOOST_TEST(dec(nines).to_string() == nines);
}

BOOST_AUTO_TEST_CASE(other_spellings_of_a_number_are_read_too) {
    BOOST_TEST(dec("1e2").to_string() == "1E+2");
    BOOST_TEST(dec("1E02").to_string() == "1E+2");
    BOOST_TEST(dec("12.50e1").to_string() == "125.0");
    BOOST_TEST(dec("1250e-2").to_string() == "12.50");
    BOOST_TEST(dec("007.50").to_string() == "7.50");
    BOOST_TEST(dec(std::string(100, '0') + nines).to_string() == nines);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_a_decimal_is_refused) {
    for (const std::string_view text :
         {"",    " ",        "12,5O", "12,50", "+1",    " 1",       "1 ",    "1.",
          ".5",  "-",        "--1",   "1.2.3", "1e",    "1e+",      "1e1.5", "0x10",
          "NaN", "Infinity", "-Inf",  "1_000", "1'000", "\xD9\xA1", "12O",   "1e--2"}) {
        BOOST_TEST(!Decimal::try_parse(text).has_value(), "accepted '" << text << "'");
        BOOST_CHECK_THROW(dec(text), InvalidDecimal);
    }
    BOOST_TEST(!Decimal::try_parse(std::string_view("1\0", 2)).has_value());
}

BOOST_AUTO_TEST_CASE(a_number_that_would_have_to_be_rounded_is_refused) {
    BOOST_TEST(!Decimal::try_parse(nines + "9").has_value());
    BOOST_TEST(!Decimal::try_parse("1." + std::string(34, '0')).has_value());
    BOOST_TEST(!Decimal::try_parse("1234567890123456789012345678901234567890").has_value());
    BOOST_TEST(!Decimal::try_parse("1E-6177").has_value());
    BOOST_TEST(!Decimal::try_parse("1E+6112").has_value());
    BOOST_TEST(!Decimal::try_parse("1E+99999999999999999999").has_value());
    BOOST_TEST(Decimal::try_parse("1E+6111").has_value());
    BOOST_TEST(Decimal::try_parse(nines + "E+6111").has_value());
}

BOOST_AUTO_TEST_CASE(the_message_quotes_the_text_and_not_all_of_a_long_one) {
    const auto message = [](const std::string& text) -> std::string {
        try {
            dec(text);
        } catch (const InvalidDecimal& error) {
            return error.what();
        }
        return "no error";
    };
    BOOST_TEST(message("12,5O").find("'12,5O'") != std::string::npos);
    BOOST_TEST(message(std::string(1'000'000, 'x')).size() < 200U);
}

BOOST_AUTO_TEST_CASE(a_sum_keeps_the_larger_scale) {
    BOOST_TEST((dec("396.00") + dec("-21.66")).to_string() == "374.34");
    BOOST_TEST((dec("1.5") + dec("0.50")).to_string() == "2.00");
    BOOST_TEST((Decimal() + dec("396.00")).to_string() == "396.00");
    BOOST_TEST((dec("0.10") - dec("0.10")).to_string() == "0.00");
    BOOST_TEST((dec("-0.10") + dec("0.10")).to_string() == "0.00");
    BOOST_TEST((dec("0.10") - dec("0.3")).to_string() == "-0.20");
    BOOST_TEST((dec("1") - dec("0.0000000001")).to_string() == "0.9999999999");
    BOOST_TEST((-dec("1.50")).to_string() == "-1.50");
    BOOST_TEST((dec("-0") + dec("-0")).to_string() == "-0");
    Decimal total;
    for (int i = 0; i < 10; ++i)
        total += dec("0.1");
    BOOST_TEST((total == dec("1")));
    total -= dec("0.75");
    BOOST_TEST(total.to_string() == "0.25");
}

BOOST_AUTO_TEST_CASE(a_sum_that_would_be_rounded_is_an_error) {
    BOOST_CHECK_THROW(dec(nines) + dec("0.1"), InexactDecimal);
    BOOST_CHECK_THROW(dec(nines) - dec("-0.1"), InexactDecimal);
    BOOST_CHECK_THROW(dec("1E+6000") + dec("1"), InexactDecimal);
    BOOST_CHECK_THROW(dec(nines + "E+6111") + dec("1E+6111"), InexactDecimal);
    BOOST_CHECK_THROW(dec(nines) + dec("2"), InexactDecimal); // ...001 has 35 digits
}

BOOST_AUTO_TEST_CASE(a_sum_that_loses_only_trailing_zeros_is_exact) {
    BOOST_TEST((dec(nines) + dec("1")).to_string() == "1." + std::string(33, '0') + "E+34");
}

BOOST_AUTO_TEST_CASE(decimals_are_compared_by_value_and_not_by_scale) {
    BOOST_TEST((dec("1.0") == dec("1.00")));
    BOOST_TEST(!dec("1.0").is_identical(dec("1.00")));
    BOOST_TEST((dec("-0") == dec("0.00")));
    BOOST_TEST((dec("1E+2") == dec("100.00")));
    BOOST_TEST((dec("0.1") < dec("0.11")));
    BOOST_TEST((dec("-2") < dec("-1.99")));
    BOOST_TEST((dec("1E+6000") > dec("1E-6000")));
    BOOST_TEST(dec("-0.00").sign() == 0);
    BOOST_TEST(dec("-0.00").is_signed());
    BOOST_TEST(dec("-0.01").sign() == -1);
    BOOST_TEST(dec("7").sign() == 1);
}

BOOST_AUTO_TEST_CASE(a_scale_is_set_exactly_or_by_rounding_half_even) {
    BOOST_TEST(dec("1.5").with_scale(2).to_string() == "1.50");
    BOOST_TEST(dec("1.500").with_scale(1).to_string() == "1.5");
    BOOST_TEST(dec("100").with_scale(-2).to_string() == "1E+2");
    BOOST_CHECK_THROW(dec("1.55").with_scale(1), InexactDecimal);
    BOOST_CHECK_THROW(dec(nines).with_scale(1), InexactDecimal);
    BOOST_CHECK_THROW(dec("1").with_scale(7000), InexactDecimal);
    BOOST_TEST(dec("0.125").rounded_half_even(2).to_string() == "0.12");
    BOOST_TEST(dec("0.135").rounded_half_even(2).to_string() == "0.14");
    BOOST_TEST(dec("-0.1251").rounded_half_even(2).to_string() == "-0.13");
    BOOST_CHECK_THROW(dec(nines).rounded_half_even(2), InexactDecimal);
}

BOOST_AUTO_TEST_CASE(a_decimal_is_made_from_a_scaled_integer) {
    BOOST_TEST(Decimal::from_scaled(39600, 2).to_string() == "396.00");
    BOOST_TEST(Decimal::from_scaled(-5, 2).to_string() == "-0.05");
    BOOST_TEST(Decimal::from_scaled(std::numeric_limits<std::int64_t>::min(), 0).to_string() ==
               "-9223372036854775808");
    BOOST_CHECK_THROW(Decimal::from_scaled(1, 9999), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(the_codec_hook_writes_and_reads_the_same_text) {
    using Traits = bus::TextTraits<Decimal>;
    std::array<char, Traits::max_chars> out{};
    const auto size = Traits::write(dec("396.00"), out.data());
    BOOST_TEST(std::string_view(out.data(), size) == "396.00");
    Decimal number = dec("7");
    BOOST_TEST(Traits::read("-1.50", number));
    BOOST_TEST(number.to_string() == "-1.50");
    BOOST_TEST(!Traits::read("12,5O", number));
    BOOST_TEST(number.to_string() == "-1.50");
}

BOOST_AUTO_TEST_SUITE_END()
