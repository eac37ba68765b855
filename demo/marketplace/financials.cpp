#include "demo/marketplace/financials.hpp"

#include "demo/money/currency.hpp"

#include <fmt/format.h>

namespace demo {
namespace {

/// @param path makes the amount's JSON path; called only if a message needs it
template <class Path>
Decimal amount_of(const RawAmount& amount, const Path& path) {
    if (const auto number = Decimal::try_parse(amount.text))
        return *number;
    throw OrderProblem(OrderError::invalid_amount, path(),
                       fmt::format("expected a decimal of at most {} digits, found {}",
                                   Decimal::max_digits, quoted(amount.text)));
}

Decimal& sum_for(Financials& financials, const FinancialEntry& entry) {
    switch (entry.kind) {
    case EntryKind::charge:
        return entry.type == "Principal" ? financials.principal : financials.other_charges;
    case EntryKind::fee: return financials.fees;
    case EntryKind::promotion: return financials.promotions;
    }
    return financials.other_charges;
}

void add(Financials& financials, const FinancialEntry& entry) {
    const RawAmount& raw = entry.amount;
    const Decimal amount = amount_of(raw, [&] { return entry.amount_path(); });
    if (financials.lines.empty()) {
        if (!find_currency(raw.currency))
            throw OrderProblem(OrderError::unknown_currency, entry.currency_path(),
                               "expected a currency code of ISO 4217, found " +
                                   quoted(raw.currency));
        financials.currency = raw.currency;
    } else if (raw.currency != financials.currency) {
        throw OrderProblem(OrderError::mixed_currencies, entry.currency_path(),
                           "expected " + quoted(financials.currency) +
                               " as in the entries before, found " + quoted(raw.currency));
    }
    Decimal& sum = sum_for(financials, entry);
    sum += amount;
    financials.net += amount;
    financials.lines.push_back({entry.kind, entry.type, amount});
}

void expect_currency(const RawAmount& amount, const Financials& financials,
                     const std::string& path) {
    if (amount.currency != financials.currency)
        throw OrderProblem(OrderError::mixed_currencies, path,
                           "expected " + quoted(financials.currency) +
                               " as in the financial events, found " + quoted(amount.currency));
}

void validate_total(const Bundle& bundle, const Financials& financials) {
    if (!bundle.total)
        throw OrderProblem(OrderError::missing_member, "order.OrderTotal",
                           "expected an object, found nothing");
    const std::string_view path = "order.OrderTotal.Amount";
    const Decimal total = amount_of(*bundle.total, [path] { return path; });
    expect_currency(*bundle.total, financials, "order.OrderTotal.CurrencyCode");
    const Decimal expected =
        financials.principal + financials.other_charges + financials.promotions;
    if (total != expected)
        throw OrderProblem(OrderError::total_mismatch, path,
                           fmt::format("expected {}, the sum of charges and promotions, found {}",
                                       expected.to_string(), total.to_string()));
}

void validate_prices(const Bundle& bundle, const Financials& financials) {
    Decimal sum;
    std::size_t unpriced = 0;
    for (std::size_t i = 0; i < bundle.items.size(); ++i) {
        const auto& price = bundle.items[i].price;
        if (!price) {
            ++unpriced; // Orders v0 leaves the price out if there is nothing to pay
            continue;
        }
        const std::string path = fmt::format("orderItems[{}].ItemPrice", i);
        const Decimal amount = amount_of(*price, [&] { return path + ".Amount"; });
        expect_currency(*price, financials, path + ".CurrencyCode");
        sum += amount;
    }
    if (sum == financials.principal)
        return;
    std::string detail = fmt::format("expected item prices that sum to {}, the principal, found {}",
                                     financials.principal.to_string(), sum.to_string());
    if (unpriced != 0)
        detail += fmt::format(" ({} of {} items have no ItemPrice)", unpriced, bundle.items.size());
    throw OrderProblem(OrderError::item_price_mismatch, "orderItems", detail);
}

} // namespace

std::optional<Financials> extract_financials(const Bundle& bundle) {
    if (bundle.financials_problem)
        throw OrderProblem(*bundle.financials_problem);
    if (bundle.entries.empty())
        return std::nullopt;
    Financials financials;
    financials.lines.reserve(bundle.entries.size());
    for (const auto& entry : bundle.entries) {
        try {
            add(financials, entry);
        } catch (const InexactDecimal& error) {
            throw OrderProblem(OrderError::inexact_amount, entry.amount_path(), error.what());
        }
    }
    return financials;
}

void validate(const Bundle& bundle, const Financials& financials) {
    if (bundle.content_problem)
        throw OrderProblem(*bundle.content_problem);
    try {
        validate_total(bundle, financials);
        validate_prices(bundle, financials);
    } catch (const InexactDecimal& error) {
        throw OrderProblem(OrderError::inexact_amount, "order.OrderTotal", error.what());
    }
}

} // namespace demo
