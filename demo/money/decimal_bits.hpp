#pragma once

#include "demo/money/decimal.hpp"

#include <cstdint>

namespace demo {

__extension__ using Coefficient = unsigned __int128;

/// The parts of a Decimal. Packs and unpacks the encoding, for the sources of this folder.
struct DecimalBits {
    static constexpr int bias = 6176;
    static constexpr int max_biased = 12287;

    bool negative = false;
    int exponent = 0; ///< the coefficient is multiplied by ten to this power
    Coefficient coefficient = 0;

    static constexpr Coefficient limit() {
        Coefficient power = 1;
        for (int i = 0; i < Decimal::max_digits; ++i)
            power *= 10U;
        return power;
    }

    static constexpr DecimalBits of(const Decimal& number) noexcept {
        constexpr std::uint64_t coefficient_mask = (std::uint64_t{1} << 49U) - 1;
        return {.negative = (number.high_ >> 63U) != 0,
                .exponent = static_cast<int>((number.high_ >> 49U) & 0x3FFFU) - bias,
                .coefficient = (Coefficient{number.high_ & coefficient_mask} << 64U) | number.low_};
    }

    /// Whether a Decimal can hold these parts.
    constexpr bool fits() const noexcept {
        return coefficient < limit() && exponent + bias >= 0 && exponent + bias <= max_biased;
    }

    /// @pre fits()
    constexpr Decimal packed() const noexcept {
        const auto biased = static_cast<std::uint64_t>(exponent + bias);
        return {(std::uint64_t{negative} << 63U) | (biased << 49U) |
                    static_cast<std::uint64_t>(coefficient >> 64U),
                static_cast<std::uint64_t>(coefficient)};
    }

    /// Makes a Decimal from the two words of Intel's BID_UINT128.
    static constexpr Decimal from_words(std::uint64_t high, std::uint64_t low) noexcept {
        return {high, low};
    }

    static constexpr std::uint64_t high(const Decimal& number) noexcept { return number.high_; }

    static constexpr std::uint64_t low(const Decimal& number) noexcept { return number.low_; }
};

} // namespace demo
