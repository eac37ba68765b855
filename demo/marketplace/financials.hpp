#pragma once

#include "demo/marketplace/bundle.hpp"
#include "demo/money/decimal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace demo {

/// One counted financial entry, which becomes one line of the invoice.
struct FinancialLine {
    EntryKind kind = EntryKind::charge;
    std::string type;
    Decimal amount;
};

/// The sums of an order. Every amount has its sign: fees are negative, and in a refund the signs
/// are reversed.
struct Financials {
    Decimal principal;     ///< charges of the type `Principal`
    Decimal other_charges; ///< all other charges
    Decimal promotions;
    Decimal fees;
    Decimal net; ///< the sum of the four, and of the lines
    std::string currency;
    std::vector<FinancialLine> lines; ///< in the order of the feed; never empty
};

/// Adds up the financial entries of an order. Returns nothing if the order has none yet. This is
/// not a failure: the marketplace can take two days.
///
/// @throws OrderProblem if an entry has the wrong structure, an amount is not a decimal of at most
/// 34 digits, there are several currencies or an unknown one, or a sum would need rounding.
std::optional<Financials> extract_financials(const Bundle& bundle);

/// Compares the order with its financials, without tolerance: `OrderTotal` must be the sum of all
/// charges and promotions, and the prices of the items must sum to the principal.
///
/// @throws OrderProblem if they differ, naming both sides, and if the total or a price cannot be
/// read or is in another currency.
void validate(const Bundle& bundle, const Financials& financials);

} // namespace demo
