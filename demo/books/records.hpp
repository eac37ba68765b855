#pragma once

#include "demo/money/decimal.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// An order as the save step hands it to the books. Texts and amounts are kept as given, to the
/// last digit.
struct OrderEntry {
    std::string order_id; ///< unique in the books; not empty
    std::string marketplace;
    std::string buyer_email;   ///< empty if the marketplace does not give it
    std::string purchase_date; ///< RFC 3339, kept as text
    std::string currency;      ///< ISO 4217 code; not empty
    Decimal principal_amount;
    Decimal net_proceeds;
    std::int64_t financial_lines_count = 0;
};

/// The result of save_order.
struct Saved {
    std::int64_t database_id = 0; ///< the order's own number in the books
    bool existed = false;         ///< true if an earlier call had saved it
};

/// Which kind of financial entry a line of an invoice comes from.
enum class LineKind { charge, fee, promotion };

/// `charge`, `fee` or `promotion`.
std::string_view to_string(LineKind kind) noexcept;

/// One line of an invoice: one counted financial entry with its sign (fees are negative).
struct InvoiceLine {
    LineKind kind = LineKind::charge;
    std::string type; ///< the marketplace's own word, such as `Principal` or `Commission`
    Decimal amount;

    [[nodiscard]] bool is_principal() const {
        return kind == LineKind::charge && type == "Principal";
    }
};

/// What the invoice step asks for. Marketplace, buyer and principal are those of the saved order.
struct InvoiceRequest {
    std::string order_id;        ///< an order saved before
    std::string idempotency_key; ///< the step's own key; not empty
    /// The date of the invoice; its year names the number series. It is not part of the content: a
    /// repeat on a later day returns the first invoice.
    std::chrono::year_month_day invoice_date{};
    std::string currency;
    Decimal order_total;  ///< if negative, a credit note is created
    Decimal net_proceeds; ///< what the lines must sum to
    std::vector<InvoiceLine> lines;
};

enum class InvoiceKind { invoice, credit_note };

/// `invoice` or `credit_note`.
std::string_view to_string(InvoiceKind kind) noexcept;

/// An invoice or a credit note, as the books hold it.
struct Invoice {
    std::int64_t invoice_id = 0;
    std::string number; ///< `INV/2025/00001`, for a credit note `RINV/2025/00001`
    InvoiceKind kind = InvoiceKind::invoice;
    std::string order_id;
    std::int64_t partner_id = 0;
    std::string invoice_date; ///< YYYY-MM-DD
    std::string currency;
    Decimal order_total;
    Decimal net_proceeds;
    std::vector<InvoiceLine> lines; ///< in the order of the request
    bool existed = false;           ///< true if an earlier call had created it
};

/// Exact sums over all invoices and credit notes of one currency, taken from their lines.
struct BooksTotals {
    std::string currency;
    std::int64_t invoices = 0;
    std::int64_t credit_notes = 0;
    Decimal principal;     ///< charges of type `Principal`
    Decimal other_charges; ///< all other charges
    Decimal promotions;
    Decimal fees;
    Decimal net; ///< the sum of the invoices' own `net_proceeds`
};

struct BooksCounts {
    std::int64_t orders = 0;
    std::int64_t partners = 0;
    std::int64_t invoices = 0;
    std::int64_t credit_notes = 0;
    std::int64_t invoice_lines = 0;
};

/// A range of numbers that a series has skipped. There should be none.
struct NumberingHole {
    std::string series; ///< such as `INV/2025`
    std::int64_t first = 0;
    std::int64_t last = 0; ///< equal to `first` if one number is missing
};

} // namespace demo
