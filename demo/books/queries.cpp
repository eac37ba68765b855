#include "demo/books/books.hpp"
#include "demo/books/translate.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace demo {

std::string_view to_string(LineKind kind) noexcept {
    switch (kind) {
    case LineKind::charge: return "charge";
    case LineKind::fee: return "fee";
    case LineKind::promotion: break;
    }
    return "promotion";
}

std::string_view to_string(InvoiceKind kind) noexcept {
    return kind == InvoiceKind::invoice ? "invoice" : "credit_note";
}

namespace {

// The table's CHECKs allow no other words.
LineKind line_kind(std::string_view text) {
    if (text == "charge")
        return LineKind::charge;
    return text == "fee" ? LineKind::fee : LineKind::promotion;
}

std::int64_t count(sqlite::Connection& db, std::string_view sql) {
    auto query = db.query(sql);
    query.step();
    return query.integer(0);
}

} // namespace

std::optional<Invoice> Books::invoice_of(std::string_view order_id) const {
    const std::scoped_lock lock(mutex_);
    return translated("read the invoice of order " + std::string(order_id), path_, [&] {
        const sqlite::ReadTransaction snapshot(*db_);
        return find_invoice(order_id);
    });
}

std::optional<Invoice> Books::find_invoice(std::string_view order_id) const {
    auto query = db_->query("SELECT invoice_id, number, kind, partner_id, invoice_date, currency, "
                            "order_total, net_proceeds FROM invoices WHERE order_id = ?",
                            order_id);
    if (!query.step())
        return std::nullopt;
    Invoice invoice;
    invoice.invoice_id = query.integer(0);
    invoice.number = query.text(1);
    invoice.kind = query.text(2) == "invoice" ? InvoiceKind::invoice : InvoiceKind::credit_note;
    invoice.order_id = order_id;
    invoice.partner_id = query.integer(3);
    invoice.invoice_date = query.text(4);
    invoice.currency = query.text(5);
    invoice.order_total = amount(query.text(6));
    invoice.net_proceeds = amount(query.text(7));
    invoice.lines = lines_of(invoice.invoice_id);
    return invoice;
}

std::vector<InvoiceLine> Books::lines_of(std::int64_t invoice_id) const {
    auto query = db_->query("SELECT kind, type, amount FROM invoice_lines WHERE invoice_id = ? "
                            "ORDER BY line_number",
                            invoice_id);
    std::vector<InvoiceLine> lines;
    while (query.step()) {
        lines.push_back({line_kind(query.text(0)), query.text(1), amount(query.text(2))});
    }
    return lines;
}

std::vector<BooksTotals> Books::totals() const {
    const std::scoped_lock lock(mutex_);
    return translated("sum up the invoices", path_, [&] {
        const sqlite::ReadTransaction snapshot(*db_);
        // Summed here, because sum() of SQL uses binary floating point.
        std::map<std::string, BooksTotals> by_currency;
        auto invoices = db_->query("SELECT currency, kind, net_proceeds FROM invoices");
        while (invoices.step()) {
            auto& totals = by_currency[invoices.text(0)];
            ++(invoices.text(1) == "invoice" ? totals.invoices : totals.credit_notes);
            totals.net += amount(invoices.text(2));
        }
        auto lines = db_->query("SELECT i.currency, l.kind, l.type, l.amount FROM invoice_lines l "
                                "JOIN invoices i ON i.invoice_id = l.invoice_id");
        while (lines.step()) {
            auto& totals = by_currency[lines.text(0)];
            const LineKind kind = line_kind(lines.text(1));
            auto& sum = kind == LineKind::fee          ? totals.fees
                        : kind == LineKind::promotion  ? totals.promotions
                        : lines.text(2) == "Principal" ? totals.principal
                                                       : totals.other_charges;
            sum += amount(lines.text(3));
        }
        std::vector<BooksTotals> result;
        for (auto& [currency, totals] : by_currency) {
            totals.currency = currency;
            result.push_back(std::move(totals));
        }
        return result;
    });
}

BooksCounts Books::counts() const {
    const std::scoped_lock lock(mutex_);
    return translated("count", path_, [&] {
        const sqlite::ReadTransaction snapshot(*db_);
        BooksCounts counts;
        counts.orders = count(*db_, "SELECT count(*) FROM orders");
        counts.partners = count(*db_, "SELECT count(*) FROM partners");
        counts.invoices = count(*db_, "SELECT count(*) FROM invoices WHERE kind = 'invoice'");
        counts.credit_notes =
            count(*db_, "SELECT count(*) FROM invoices WHERE kind = 'credit_note'");
        counts.invoice_lines = count(*db_, "SELECT count(*) FROM invoice_lines");
        return counts;
    });
}

std::vector<NumberingHole> Books::numbering_holes() const {
    const std::scoped_lock lock(mutex_);
    return translated("check the numbering", path_, [&] {
        const sqlite::ReadTransaction snapshot(*db_);
        return find_holes();
    });
}

std::vector<NumberingHole> Books::find_holes() const {
    std::vector<NumberingHole> holes;
    auto all_series = db_->query("SELECT series, last_number FROM number_series ORDER BY series");
    while (all_series.step()) {
        const std::string series = all_series.text(0);
        std::int64_t expected = 1;
        auto given = db_->query("SELECT series_number FROM invoices WHERE series = ? "
                                "ORDER BY series_number",
                                series);
        while (given.step()) {
            const std::int64_t number = given.integer(0);
            if (number > expected)
                holes.push_back({series, expected, number - 1});
            expected = number + 1;
        }
        const std::int64_t last = all_series.integer(1);
        if (expected <= last)
            holes.push_back({series, expected, last});
    }
    return holes;
}

std::vector<std::string> Books::audit() const {
    const std::scoped_lock lock(mutex_);
    return translated("check the books", path_, [&] {
        const sqlite::ReadTransaction snapshot(*db_);
        std::vector<std::string> troubles;
        for (const auto& hole : find_holes()) {
            troubles.push_back(fmt::format("series {} lacks the numbers {} to {}", hole.series,
                                           hole.first, hole.last));
        }
        auto invoices = db_->query("SELECT i.invoice_id, i.number, i.net_proceeds, o.net_proceeds "
                                   "FROM invoices i JOIN orders o ON o.order_id = i.order_id "
                                   "ORDER BY i.invoice_id");
        while (invoices.step()) {
            Decimal sum;
            for (const auto& line : lines_of(invoices.integer(0)))
                sum += line.amount;
            const Decimal net = amount(invoices.text(2));
            if (sum != net) {
                troubles.push_back(fmt::format("the lines of {} sum to {}, not to its net {}",
                                               invoices.text(1), sum.to_string(), net.to_string()));
            }
            if (net != amount(invoices.text(3))) {
                troubles.push_back(fmt::format("{} has net {}, its order {}", invoices.text(1),
                                               net.to_string(), invoices.text(3)));
            }
        }
        return troubles;
    });
}

Decimal Books::amount(const std::string& text) const {
    try {
        return Decimal::parse(text);
    } catch (const std::exception& error) {
        throw BooksUnusable("books " + path_.string() + ": the file holds the amount '" + text +
                                "', which is none (" + error.what() + "): restore it from a backup",
                            path_);
    }
}

} // namespace demo
