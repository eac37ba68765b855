#include "demo/money/decimal.hpp"

#include "demo/money/decimal_bits.hpp"

// Arguments by value, rounding and flags as parameters: libbidgcc000.a was built like this.
#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

#include <string>

namespace demo {
namespace {

BID_UINT128 to_bid(const Decimal& number) {
    BID_UINT128 result;
    result.w[0] = DecimalBits::low(number);
    result.w[1] = DecimalBits::high(number);
    return result;
}

Decimal from_bid(const BID_UINT128& number) {
    return DecimalBits::from_words(number.w[1], number.w[0]);
}

constexpr _IDEC_flags unholdable =
    BID_INVALID_EXCEPTION | BID_OVERFLOW_EXCEPTION | BID_UNDERFLOW_EXCEPTION;

[[noreturn]] void throw_inexact(const Decimal& left, const char* sign, const Decimal& right) {
    throw InexactDecimal("the exact result of " + left.to_string() + " " + sign + " " +
                         right.to_string() + " does not fit into 34 digits");
}

/// The sum without Intel's library, for equal scales and for coefficients whose sum cannot exceed
/// 34 digits. Nearly all sums of money are like this.
std::optional<Decimal> quick_sum(const DecimalBits& left, const DecimalBits& right) {
    constexpr Coefficient roomy = DecimalBits::limit() / 2;
    if (left.exponent != right.exponent || left.coefficient >= roomy || right.coefficient >= roomy)
        return std::nullopt;
    DecimalBits sum{.exponent = left.exponent};
    if (left.negative == right.negative) {
        sum.negative = left.negative;
        sum.coefficient = left.coefficient + right.coefficient;
    } else if (left.coefficient == right.coefficient) {
        sum.negative = false; // IEEE 754, 6.3: x + -x is +0 in this rounding mode
    } else {
        const bool left_wins = left.coefficient > right.coefficient;
        sum.negative = left_wins ? left.negative : right.negative;
        sum.coefficient =
            left_wins ? left.coefficient - right.coefficient : right.coefficient - left.coefficient;
    }
    return sum.packed();
}

Decimal scaled(const Decimal& number, int scale, bool may_round) {
    if (scale < Decimal::min_scale || scale > Decimal::max_scale)
        throw InexactDecimal("a decimal cannot have the scale " + std::to_string(scale));
    const DecimalBits pattern{.exponent = -scale, .coefficient = 1};
    _IDEC_flags flags = 0;
    const auto result =
        bid128_quantize(to_bid(number), to_bid(pattern.packed()), BID_ROUNDING_TO_NEAREST, &flags);
    const _IDEC_flags refused = may_round ? unholdable : unholdable | BID_INEXACT_EXCEPTION;
    if ((flags & refused) != 0)
        throw InexactDecimal(number.to_string() + " cannot be written with " +
                             std::to_string(scale) + " decimals" +
                             (may_round ? " in 34 digits" : " exactly"));
    return from_bid(result);
}

} // namespace

Decimal operator+(const Decimal& left, const Decimal& right) {
    if (const auto sum = quick_sum(DecimalBits::of(left), DecimalBits::of(right)))
        return *sum;
    _IDEC_flags flags = 0;
    const auto sum = bid128_add(to_bid(left), to_bid(right), BID_ROUNDING_TO_NEAREST, &flags);
    if ((flags & (unholdable | BID_INEXACT_EXCEPTION)) != 0)
        throw_inexact(left, "+", right);
    return from_bid(sum);
}

Decimal operator-(const Decimal& left, const Decimal& right) {
    if (const auto difference = quick_sum(DecimalBits::of(left), DecimalBits::of(-right)))
        return *difference;
    _IDEC_flags flags = 0;
    const auto difference =
        bid128_sub(to_bid(left), to_bid(right), BID_ROUNDING_TO_NEAREST, &flags);
    if ((flags & (unholdable | BID_INEXACT_EXCEPTION)) != 0)
        throw_inexact(left, "-", right);
    return from_bid(difference);
}

Decimal Decimal::operator-() const noexcept {
    return {high_ ^ (std::uint64_t{1} << 63U), low_};
}

bool operator==(const Decimal& left, const Decimal& right) noexcept {
    if (left.is_identical(right))
        return true;
    _IDEC_flags flags = 0;
    return bid128_quiet_equal(to_bid(left), to_bid(right), &flags) != 0;
}

std::weak_ordering operator<=>(const Decimal& left, const Decimal& right) noexcept {
    if (left == right)
        return std::weak_ordering::equivalent;
    _IDEC_flags flags = 0;
    return bid128_quiet_less(to_bid(left), to_bid(right), &flags) != 0
               ? std::weak_ordering::less
               : std::weak_ordering::greater;
}

int Decimal::scale() const noexcept {
    return -DecimalBits::of(*this).exponent;
}

int Decimal::sign() const noexcept {
    const auto bits = DecimalBits::of(*this);
    if (bits.coefficient == 0)
        return 0;
    return bits.negative ? -1 : 1;
}

Decimal Decimal::with_scale(int scale) const {
    return scaled(*this, scale, false);
}

Decimal Decimal::rounded_half_even(int scale) const {
    return scaled(*this, scale, true);
}

} // namespace demo
