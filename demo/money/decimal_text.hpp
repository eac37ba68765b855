#pragma once

#include "demo/money/decimal.hpp"
#include <bus/event/text_traits.hpp>

#include <cstddef>
#include <string_view>

/// Makes Decimal a member type of events. It is written as a JSON string, and read from a JSON
/// string or from the text of a JSON number. So no amount ever passes through binary floating
/// point.
template <>
struct bus::TextTraits<demo::Decimal> {
    static constexpr std::string_view expected = "a decimal of at most 34 digits";
    static constexpr std::size_t max_chars = demo::Decimal::max_chars;

    static std::size_t write(const demo::Decimal& number, char* out) noexcept {
        return number.to_chars(out);
    }

    static bool read(std::string_view text, demo::Decimal& out) noexcept {
        const auto number = demo::Decimal::try_parse(text);
        if (number)
            out = *number;
        return number.has_value();
    }
};
