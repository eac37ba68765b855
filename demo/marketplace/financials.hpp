#pragma once

#include "demo/marketplace/bundle.hpp"
#include "demo/money/decimal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace demo {

/// One counted financial entry; one line of the invoice.
struct FinancialLine {
    EntryKind kind = EntryKind::charge;
    std::string type;
    Decimal amount;
};

/// What an order came to. Every amount carries its sign: fees are negative, and reversed in a
/// refund.
struct Financials {
    Decimal principal;     ///< charges of the type `Principal`
    Decimal other_charges; ///< all other charges
    Decimal promotions;
    Decimal fees;
    Decimal net; ///< the sum of the four, and of the lines
    std::string currency;
    std::vector<FinancialLine> lines; ///< in the order of the feed; never empty
};

/// Adds up the financial entries of an order. Nothing where it has none yet, which is no failure:
/// the marketplace can take two days.
///
/// @throws OrderProblem where an entry is not shaped as it must be, an amount is no decimal of at
/// most 34 digits, there are several currencies or an unknown one, or a sum would need rounding.
std::optional<Financials> extract_financials(const Bundle& bundle);

/// Holds the order against its financials, with no tolerance: `OrderTotal` is the sum of all
/// charges and promotions, and the prices of the items sum to the principal.
///
/// @throws OrderProblem that names both sides where they differ, and where total or prices cannot
/// be read or are in another currency.
void validate(const Bundle& bundle, const Financials& financials);

} // namespace demo
