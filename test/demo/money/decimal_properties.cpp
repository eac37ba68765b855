#include "demo/money/decimal.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using demo::Decimal;

namespace {

/// Any decimal: up to 34 digits, any sign, mostly scales of money and sometimes extreme ones.
rc::Gen<Decimal> any_decimal() {
    return rc::gen::exec([] {
        const auto digits = *rc::gen::resize(
            60, rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::inRange('0', ':')),
                                  [](const std::string& text) {
                                      return !text.empty() &&
                                             text.size() <= std::size_t{Decimal::max_digits};
                                  }));
        const int exponent = *rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(-6, 1)},
                                                           {3, rc::gen::inRange(-80, 80)},
                                                           {1, rc::gen::inRange(-6176, 6112)}});
        return Decimal::parse((*rc::gen::arbitrary<bool>() ? "-" : "") + digits + "E" +
                              std::to_string(exponent));
    });
}

/// An amount of money whose sums stay exact.
rc::Gen<Decimal> any_amount() {
    return rc::gen::map(
        rc::gen::pair(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange(0, 7)),
        [](const auto& parts) { return Decimal::from_scaled(parts.first, parts.second); });
}

} // namespace

// rapidcheck finds the printer by the type's namespace
namespace demo {

void showValue(const Decimal& number, std::ostream& out) {
    out << number.to_string();
}

} // namespace demo

BOOST_AUTO_TEST_SUITE(decimal_properties)

BOOST_AUTO_TEST_CASE(reading_what_was_written_gives_the_same_number_sign_and_scale) {
    BOOST_TEST(rc::check([] {
        const Decimal number = *any_decimal();
        const std::string text = number.to_string();
        RC_ASSERT(text.size() <= Decimal::max_chars);
        RC_ASSERT(Decimal::parse(text).is_identical(number));
    }));
}

BOOST_AUTO_TEST_CASE(taking_away_what_was_added_gives_the_first_number) {
    BOOST_TEST(rc::check([] {
        const Decimal a = *any_amount();
        const Decimal b = *any_amount();
        const Decimal sum = a + b;
        RC_ASSERT(sum.scale() == std::max(a.scale(), b.scale()));
        RC_ASSERT(sum - b == a);
        RC_ASSERT(a - b == -(b - a));
    }));
}

BOOST_AUTO_TEST_CASE(a_sum_does_not_depend_on_the_order) {
    BOOST_TEST(rc::check([] {
        auto amounts = *rc::gen::container<std::vector<Decimal>>(any_amount());
        Decimal forwards;
        for (const Decimal& amount : amounts)
            forwards += amount;
        std::sort(amounts.begin(), amounts.end());
        Decimal sorted;
        for (const Decimal& amount : amounts)
            sorted += amount;
        RC_ASSERT(forwards == sorted);
        RC_ASSERT(forwards.scale() == sorted.scale());
    }));
}

BOOST_AUTO_TEST_CASE(any_two_decimals_add_exactly_or_report_that_they_cannot) {
    BOOST_TEST(rc::check([] {
        const Decimal a = *any_decimal();
        const Decimal b = *any_decimal();
        try {
            const Decimal sum = a + b;
            RC_ASSERT(sum == b + a);
            if (a.sign() >= 0)
                RC_ASSERT(sum >= b);
        } catch (const demo::InexactDecimal&) {
            RC_ASSERT(a.sign() != 0 || b.sign() != 0);
        }
    }));
}

BOOST_AUTO_TEST_CASE(comparison_agrees_with_the_sign_of_the_difference) {
    BOOST_TEST(rc::check([] {
        const Decimal a = *any_amount();
        const Decimal b = *any_amount();
        RC_ASSERT((a < b) == ((a - b).sign() < 0));
        RC_ASSERT((a == b) == ((a - b).sign() == 0));
    }));
}

BOOST_AUTO_TEST_CASE(any_text_is_read_or_refused) {
    BOOST_TEST(rc::check([] {
        const auto text =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0159.-+eE ,Ox")));
        if (const auto number = Decimal::try_parse(text))
            RC_ASSERT(Decimal::parse(number->to_string()).is_identical(*number));
    }));
}

BOOST_AUTO_TEST_SUITE_END()
