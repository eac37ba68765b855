#pragma once

#include <optional>
#include <string_view>

namespace demo {

/// A currency in use, by ISO 4217.
struct Currency {
    /// The alphabetic code, three capital letters. Points to static storage.
    std::string_view code;

    /// How many decimals an amount in the currency has: 2 for GBP, 0 for JPY, 3 for KWD. Nothing if
    /// there is no smaller unit (metals, special drawing rights, `XXX`).
    std::optional<int> minor_units;
};

/// The currency with this alphabetic code, or nothing. Known are the codes in use (ISO 4217, list
/// one), including funds and metals. Only capital letters match.
std::optional<Currency> find_currency(std::string_view code) noexcept;

} // namespace demo
