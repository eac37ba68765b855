#include "demo/money/decimal.hpp"
#include "test/support/needs.hpp"

#include "dec_test_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using demo::Decimal;
using test::DecTestCase;

namespace {

/// The result that our Decimal must have for a case.
enum class Expectation {
    same,    ///< the result, to the digit and the scale
    refusal, ///< InexactDecimal
    skip,    ///< the case is about something that Decimal does not have
};

/// Selects the cases that apply to our Decimal. The files were made for an arithmetic with a
/// settable precision, and some for other roundings and ranges of exponents. A result without a
/// condition did not touch those limits, so it is the same with 34 digits.
Expectation expectation_for(const DecTestCase& test) {
    for (const auto& operand : test.operands) {
        if (!Decimal::try_parse(operand))
            return Expectation::skip; // NaN, infinity, a `.5`, beyond our range
    }
    const bool signed_zero_differs =
        test.rounding == "floor" && Decimal::try_parse(test.result).value_or(Decimal()).sign() == 0;
    if (test.conditions.empty())
        return Decimal::try_parse(test.result) && !signed_zero_differs ? Expectation::same
                                                                       : Expectation::skip;
    // Beyond the limits of another range of exponents, the result differs too.
    const bool our_arithmetic =
        test.precision == Decimal::max_digits && !test.has("Overflow") && !test.has("Underflow");
    const bool quantize = test.operation == "quantize";
    if (test.has("Inexact") && (our_arithmetic || quantize))
        return quantize && test.rounding != "half_even" ? Expectation::skip
               : quantize                               ? Expectation::same
                                                        : Expectation::refusal;
    if (test.has("Invalid_operation") && our_arithmetic)
        return Expectation::refusal;
    if (test.has("Rounded") && !test.has("Inexact") && (our_arithmetic || quantize))
        return Decimal::try_parse(test.result) && !signed_zero_differs ? Expectation::same
                                                                       : Expectation::skip;
    return Expectation::skip;
}

Decimal result_of(const DecTestCase& test) {
    const Decimal left = Decimal::parse(test.operands.at(0));
    if (test.operation == "apply")
        return left;
    const Decimal right = Decimal::parse(test.operands.at(1));
    if (test.operation == "add")
        return left + right;
    if (test.operation == "subtract")
        return left - right;
    if (test.operation == "quantize")
        return left.rounded_half_even(right.scale());
    throw std::runtime_error("no such operation here: " + test.operation);
}

void run(const DecTestCase& test, Expectation expectation) {
    if (expectation == Expectation::refusal) {
        BOOST_CHECK_THROW(result_of(test), demo::InexactDecimal);
        return;
    }
    const Decimal expected = Decimal::parse(test.result);
    BOOST_TEST_CONTEXT(test.id) {
        BOOST_REQUIRE_NO_THROW(result_of(test));
        const Decimal result = result_of(test);
        BOOST_TEST(result.is_identical(expected), result.to_string()
                                                      << " is not " << expected.to_string());
    }
}

/// Runs a file, and requires that a given number of its cases applied.
void run_file(const std::string& name, int at_least) {
    const auto path = test::shared_data("vectors/decimal/" + name);
    int ran = 0;
    int refused = 0;
    int skipped = 0;
    for (const auto& test : test::read_dec_tests(path.value())) {
        const auto expectation = expectation_for(test);
        if (expectation == Expectation::skip) {
            ++skipped;
            continue;
        }
        run(test, expectation);
        ++(expectation == Expectation::refusal ? refused : ran);
    }
    BOOST_TEST_MESSAGE(name << ": " << ran << " results and " << refused << " refusals agree, "
                            << skipped << " cases are not about this type");
    BOOST_TEST(ran + refused >= at_least);
}

} // namespace

BOOST_AUTO_TEST_SUITE(decimal_vectors, *test::needs_shared_data("vectors/decimal"))

BOOST_AUTO_TEST_CASE(sums_agree_with_the_published_vectors) {
    run_file("add.decTest", 500);
}

BOOST_AUTO_TEST_CASE(differences_agree_with_the_published_vectors) {
    run_file("subtract.decTest", 200);
}

BOOST_AUTO_TEST_CASE(quantizing_agrees_with_the_published_vectors) {
    run_file("quantize.decTest", 200);
}

BOOST_AUTO_TEST_SUITE_END()
