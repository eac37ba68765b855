#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace demo {

/// A text is not a decimal, or a Decimal cannot hold it without changing it. The message quotes the
/// text.
class InvalidDecimal : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// A Decimal cannot hold the exact result of a calculation: the result would have to be rounded, or
/// is out of range. The message names the operands. No calculation rounds silently.
class InexactDecimal : public std::range_error {
public:
    using std::range_error::range_error;
};

/// An exact amount: a decimal number that keeps its scale, so that `396.00` stays `396.00`.
///
/// It is an IEEE 754-2019 decimal128: up to 34 digits, a scale from -6111 to 6176, and a sign (also
/// for zero). It is never infinite and never NaN. A value of sixteen bytes, trivially copyable.
class Decimal {
public:
    /// Most digits that a Decimal holds.
    static constexpr int max_digits = 34;
    /// Most characters that to_chars() writes.
    static constexpr std::size_t max_chars = 48;
    /// The range of scale(): from min_scale to max_scale.
    static constexpr int min_scale = -6111;
    static constexpr int max_scale = 6176;

    /// Zero with no decimals.
    constexpr Decimal() noexcept = default;

    /// The number in `text`, with the scale as written: `396.00` has two decimals, `1E+2` has minus
    /// two.
    ///
    /// The grammar is that of a JSON number (RFC 8259, section 6): `-`, digits, `.` digits, `e`
    /// exponent. In addition, superfluous leading zeros are accepted. A leading `+`, blanks, `.5`,
    /// `5.`, NaN and infinity are not. @throws InvalidDecimal, also if the text has more than 34
    /// digits or an exponent out of range, because then it could be held only rounded.
    static Decimal parse(std::string_view text);

    /// As parse(), but returns nothing instead of throwing.
    static std::optional<Decimal> try_parse(std::string_view text) noexcept;

    /// `coefficient` divided by ten to the power of `scale`: from_scaled(39600, 2) is `396.00`.
    /// @pre min_scale <= scale <= max_scale. @throws std::out_of_range otherwise.
    static Decimal from_scaled(std::int64_t coefficient, int scale);

    /// Writes the number to `out`, which must have room for max_chars, and returns the number of
    /// characters. There is no terminator. Allocates nothing. Reading the text back gives the same
    /// number and scale.
    ///
    /// The notation is plain (`-0.05`) for scales from 0 to 34, so for every amount of money.
    /// Otherwise it is scientific (`1E+2`, `1.5E-40`): plain notation could not show the scale or
    /// would be thousands of characters long.
    std::size_t to_chars(char* out) const noexcept;

    /// As to_chars(), into a string.
    std::string to_string() const;

    /// The number of decimals. It is negative for numbers written with a power of ten, such as
    /// `1E+2`.
    int scale() const noexcept;

    /// -1, 0 or 1; 0 also for zero with a minus sign.
    int sign() const noexcept;

    /// Whether the number is written with a minus sign, `-0.00` included.
    bool is_signed() const noexcept { return (high_ >> 63U) != 0; }

    /// Whether number, sign and scale are the same: `1.0` is not identical to `1.00`.
    bool is_identical(const Decimal& other) const noexcept {
        return high_ == other.high_ && low_ == other.low_;
    }

    /// The exact sum. Its scale is the larger scale of both, even if the sum then ends in zeros, as
    /// IEEE 754 prefers. @throws InexactDecimal if more than 34 digits would be needed.
    friend Decimal operator+(const Decimal& left, const Decimal& right);

    /// The exact difference, under the same rules as the sum.
    friend Decimal operator-(const Decimal& left, const Decimal& right);

    /// The number with the opposite sign, also for zero.
    Decimal operator-() const noexcept;

    Decimal& operator+=(const Decimal& other) { return *this = *this + other; }

    Decimal& operator-=(const Decimal& other) { return *this = *this - other; }

    /// Compares the numbers, not the scales: `1.0 == 1.00`, `-0 == 0`.
    friend bool operator==(const Decimal& left, const Decimal& right) noexcept;
    friend std::weak_ordering operator<=>(const Decimal& left, const Decimal& right) noexcept;

    /// The same number written with `scale` decimals.
    /// @throws InexactDecimal if digits other than zero would be lost, or 34 are not enough.
    Decimal with_scale(int scale) const;

    /// The number rounded to `scale` decimals; a tie goes to the even neighbour.
    /// @throws InexactDecimal if 34 digits are not enough.
    Decimal rounded_half_even(int scale) const;

private:
    friend struct DecimalBits;

    constexpr Decimal(std::uint64_t high, std::uint64_t low) noexcept : low_(low), high_(high) {}

    // The binary encoding of IEEE 754-2019, 3.5.2: sign, 14 bits of biased exponent, 113 bits of
    // coefficient; little endian words, as Intel's library requires.
    std::uint64_t low_ = 0;
    std::uint64_t high_ = std::uint64_t{6176} << 49U;
};

static_assert(sizeof(Decimal) == 16);

} // namespace demo
