#include "demo/money/decimal.hpp"
#include "demo/money/decimal_bits.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <span>
#include <string>

namespace demo {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads a decimal from left to right. Each step returns whether the text can still be a decimal.
class DecimalReader {
public:
    explicit DecimalReader(std::string_view text) : rest_(text) {}

    std::optional<Decimal> read() noexcept {
        if (take('-'))
            bits_.negative = true;
        if (!read_digits(false))
            return std::nullopt;
        if (take('.') && !read_digits(true))
            return std::nullopt;
        if ((take('e') || take('E')) && !read_exponent())
            return std::nullopt;
        if (!rest_.empty() || !bits_.fits())
            return std::nullopt;
        return bits_.packed();
    }

private:
    bool take(char wanted) noexcept {
        if (rest_.empty() || rest_.front() != wanted)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool read_digits(bool decimals) noexcept {
        if (rest_.empty() || !is_digit(rest_.front()))
            return false;
        while (!rest_.empty() && is_digit(rest_.front())) {
            if (bits_.coefficient >= DecimalBits::limit() / 10U)
                return false; // one more digit is one too many
            bits_.coefficient =
                bits_.coefficient * 10U + static_cast<unsigned>(rest_.front() - '0');
            if (decimals && --bits_.exponent < lowest_exponent)
                return false;
            rest_.remove_prefix(1);
        }
        return true;
    }

    bool read_exponent() noexcept {
        const bool negative = take('-');
        if (!negative)
            take('+');
        if (rest_.empty())
            return false;
        int exponent = 0;
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            if (!is_digit(rest_.front()))
                return false;
            exponent = exponent * 10 + (rest_.front() - '0');
            if (exponent > highest_written)
                return false;
        }
        bits_.exponent += negative ? -exponent : exponent;
        return true;
    }

    static constexpr int lowest_exponent = -DecimalBits::bias;
    // Beyond this no number of decimals brings the exponent back into range.
    static constexpr int highest_written = 2 * DecimalBits::max_biased;

    std::string_view rest_;
    DecimalBits bits_;
};

/// The digits of the coefficient, without leading zeros (one `0` for zero).
class Digits {
public:
    explicit Digits(Coefficient coefficient) noexcept {
        // Dividing 128 bits is slow, so the digits come from two halves of 64 bits.
        constexpr std::uint64_t half = 100'000'000'000'000'000U; // 10^17
        const auto high = static_cast<std::uint64_t>(coefficient / half);
        const auto low = static_cast<std::uint64_t>(coefficient % half);
        take(low, high == 0 ? 1 : 17);
        if (high != 0)
            take(high, 1);
    }

    std::string_view view() const noexcept {
        return {chars_.data() + first_, chars_.size() - first_};
    }

private:
    void take(std::uint64_t value, int at_least) noexcept {
        for (int written = 0; value != 0 || written < at_least; ++written) {
            chars_[--first_] = static_cast<char>('0' + value % 10);
            value /= 10;
        }
    }

    std::array<char, 40> chars_{};
    std::size_t first_ = chars_.size();
};

/// Appends to a buffer that is known to be large enough.
class Output {
public:
    explicit Output(char* out) noexcept : begin_(out), end_(out) {}

    void put(char c) noexcept { *end_++ = c; }

    void put(std::string_view text) noexcept {
        std::memcpy(end_, text.data(), text.size());
        end_ += text.size();
    }

    void put_zeros(std::size_t count) noexcept {
        std::memset(end_, '0', count);
        end_ += count;
    }

    void put_number(int number) noexcept { end_ = std::to_chars(end_, end_ + 8, number).ptr; }

    std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }

private:
    char* begin_;
    char* end_;
};

void write_plain(Output& out, std::string_view digits, std::size_t decimals) {
    if (decimals == 0) {
        out.put(digits);
    } else if (digits.size() > decimals) {
        out.put(digits.substr(0, digits.size() - decimals));
        out.put('.');
        out.put(digits.substr(digits.size() - decimals));
    } else {
        out.put("0.");
        out.put_zeros(decimals - digits.size());
        out.put(digits);
    }
}

void write_scientific(Output& out, std::string_view digits, int exponent) {
    out.put(digits.front());
    if (digits.size() > 1) {
        out.put('.');
        out.put(digits.substr(1));
    }
    const int adjusted = exponent + static_cast<int>(digits.size()) - 1;
    out.put(adjusted < 0 ? "E" : "E+");
    out.put_number(adjusted);
}

} // namespace

std::optional<Decimal> Decimal::try_parse(std::string_view text) noexcept {
    return DecimalReader(text).read();
}

Decimal Decimal::parse(std::string_view text) {
    if (const auto number = try_parse(text))
        return *number;
    constexpr std::size_t shown = 60;
    std::string quoted(text.substr(0, shown));
    if (text.size() > shown)
        quoted += "...";
    throw InvalidDecimal("'" + quoted + "' is not a decimal of at most 34 digits");
}

Decimal Decimal::from_scaled(std::int64_t coefficient, int scale) {
    if (scale < min_scale || scale > max_scale)
        throw std::out_of_range("a decimal cannot have the scale " + std::to_string(scale));
    const auto raw = static_cast<std::uint64_t>(coefficient);
    return DecimalBits{.negative = coefficient < 0,
                       .exponent = -scale,
                       .coefficient = coefficient < 0 ? std::uint64_t{0} - raw : raw}
        .packed();
}

std::size_t Decimal::to_chars(char* out) const noexcept {
    const auto bits = DecimalBits::of(*this);
    const Digits digits(bits.coefficient);
    Output output(out);
    if (bits.negative)
        output.put('-');
    if (bits.exponent <= 0 && bits.exponent >= -max_digits)
        write_plain(output, digits.view(), static_cast<std::size_t>(-bits.exponent));
    else
        write_scientific(output, digits.view(), bits.exponent);
    return output.size();
}

std::string Decimal::to_string() const {
    std::array<char, max_chars> chars{};
    return {chars.data(), to_chars(chars.data())};
}

} // namespace demo
