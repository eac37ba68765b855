#include "demo/books/books.hpp"

#include "demo/books/translate.hpp"

#include <fmt/format.h>

#include <utility>

namespace demo {

namespace {

bool same_amount(const Decimal& left, const Decimal& right) {
    // The books promise to keep the scale, too.
    return left.is_identical(right);
}

bool same_lines(const std::vector<InvoiceLine>& left, const std::vector<InvoiceLine>& right) {
    if (left.size() != right.size())
        return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i].kind != right[i].kind || left[i].type != right[i].type ||
            !same_amount(left[i].amount, right[i].amount)) {
            return false;
        }
    }
    return true;
}

InvoiceKind kind_for(const Decimal& order_total) {
    return order_total.sign() < 0 ? InvoiceKind::credit_note : InvoiceKind::invoice;
}

std::string series_for(InvoiceKind kind, std::chrono::year_month_day date) {
    return fmt::format("{}/{:04}", kind == InvoiceKind::invoice ? "INV" : "RINV",
                       static_cast<int>(date.year()));
}

std::string iso_date(std::chrono::year_month_day date) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

} // namespace

Saved Books::save_order(const OrderEntry& entry) {
    if (entry.order_id.empty())
        refuse("an order without id cannot be saved");
    if (entry.currency.empty())
        refuse("order " + entry.order_id + " has no currency");
    const std::scoped_lock lock(mutex_);
    return translated("save order " + entry.order_id, path_, [&] {
        sqlite::WriteTransaction transaction(*db_);
        {
            auto found =
                db_->query("SELECT database_id, marketplace, buyer_email, purchase_date, currency, "
                           "principal_amount, net_proceeds, financial_lines_count "
                           "FROM orders WHERE order_id = ?",
                           entry.order_id);
            if (found.step()) {
                check_same(found, entry);
                return Saved{found.integer(0), true};
            }
        }
        db_->run("INSERT INTO orders(order_id, marketplace, buyer_email, purchase_date, currency, "
                 "principal_amount, net_proceeds, financial_lines_count) VALUES (?,?,?,?,?,?,?,?)",
                 entry.order_id, entry.marketplace, entry.buyer_email, entry.purchase_date,
                 entry.currency, entry.principal_amount.to_string(), entry.net_proceeds.to_string(),
                 entry.financial_lines_count);
        const Saved saved{db_->last_insert_id(), false};
        transaction.commit();
        return saved;
    });
}

void Books::check_same(const sqlite::Query& held, const OrderEntry& entry) const {
    const auto check = [&](const char* name, const std::string& there, const std::string& here) {
        if (there == here)
            return;
        refuse(fmt::format("order {} is already saved with other content: {} is '{}' there and "
                           "'{}' here; a saved order is not changed",
                           entry.order_id, name, there, here));
    };
    check("marketplace", held.text(1), entry.marketplace);
    check("buyer_email", held.text(2), entry.buyer_email);
    check("purchase_date", held.text(3), entry.purchase_date);
    check("currency", held.text(4), entry.currency);
    check("principal_amount", held.text(5), entry.principal_amount.to_string());
    check("net_proceeds", held.text(6), entry.net_proceeds.to_string());
    check("financial_lines_count", std::to_string(held.integer(7)),
          std::to_string(entry.financial_lines_count));
}

Invoice Books::create_invoice(const InvoiceRequest& request) {
    if (request.idempotency_key.empty()) {
        refuse("the invoice of order " + request.order_id +
               " is asked for without idempotency key");
    }
    if (!request.invoice_date.ok()) {
        refuse("the invoice of order " + request.order_id + " has no valid date");
    }
    if (request.lines.empty()) {
        refuse("the invoice of order " + request.order_id + " has no lines");
    }
    check_sum(request);
    const std::scoped_lock lock(mutex_);
    return translated("create the invoice of order " + request.order_id, path_, [&] {
        sqlite::WriteTransaction transaction(*db_);
        if (auto existing = find_invoice(request.order_id)) {
            return repeated(std::move(*existing), request);
        }
        check_key_is_free(request);
        check_order(request);
        Invoice invoice = insert_invoice(request);
        transaction.commit();
        return invoice;
    });
}

void Books::check_sum(const InvoiceRequest& request) const {
    Decimal sum;
    try {
        for (const auto& line : request.lines)
            sum += line.amount;
    } catch (const InexactDecimal& error) {
        refuse(fmt::format("the lines of the invoice of order {} have no exact sum: {}",
                           request.order_id, error.what()));
    }
    if (sum != request.net_proceeds) {
        refuse(fmt::format("the {} lines of the invoice of order {} sum to {}, not to its net {}",
                           request.lines.size(), request.order_id, sum.to_string(),
                           request.net_proceeds.to_string()));
    }
}

Invoice Books::repeated(Invoice existing, const InvoiceRequest& request) const {
    const auto differs = [&](const char* what) {
        refuse(fmt::format("order {} already has {}, with another {}; an invoice is not changed",
                           request.order_id, existing.number, what));
    };
    if (existing.currency != request.currency)
        differs("currency");
    if (!same_amount(existing.order_total, request.order_total))
        differs("order total");
    if (!same_amount(existing.net_proceeds, request.net_proceeds))
        differs("net");
    if (!same_lines(existing.lines, request.lines))
        differs("set of lines");
    // A key may be used for one order only, also in a repeat.
    check_key_is_free(request);
    existing.existed = true;
    return existing;
}

void Books::check_key_is_free(const InvoiceRequest& request) const {
    auto query = db_->query("SELECT order_id, number FROM invoices WHERE idempotency_key = ?",
                            request.idempotency_key);
    if (query.step() && query.text(0) != request.order_id) {
        refuse(fmt::format("the idempotency key {} of order {} has already made {} for order {}",
                           request.idempotency_key, request.order_id, query.text(1),
                           query.text(0)));
    }
}

void Books::check_order(const InvoiceRequest& request) const {
    auto order = db_->query("SELECT currency, net_proceeds FROM orders WHERE order_id = ?",
                            request.order_id);
    if (!order.step()) {
        refuse("order " + request.order_id + " is not saved: save it before its invoice");
    }
    if (order.text(0) != request.currency) {
        refuse(fmt::format("order {} is saved in {}, its invoice asks for {}", request.order_id,
                           order.text(0), request.currency));
    }
    if (amount(order.text(1)) != request.net_proceeds) {
        refuse(fmt::format("order {} is saved with net {}, its invoice asks for {}",
                           request.order_id, order.text(1), request.net_proceeds.to_string()));
    }
}

std::int64_t Books::partner_for(std::string_view order_id) {
    auto order =
        db_->query("SELECT buyer_email, marketplace FROM orders WHERE order_id = ?", order_id);
    order.step();
    const std::string email = order.text(0);
    const std::string marketplace = order.text(1);
    {
        auto found =
            email.empty()
                ? db_->query("SELECT partner_id FROM partners "
                             "WHERE email = '' AND marketplace = ?",
                             marketplace)
                : db_->query("SELECT partner_id FROM partners WHERE email = ? AND email <> ''",
                             email);
        if (found.step())
            return found.integer(0);
    }
    db_->run("INSERT INTO partners(email, marketplace, name) VALUES (?,?,?)", email, marketplace,
             email.empty() ? "Customer of " + marketplace : email);
    return db_->last_insert_id();
}

std::int64_t Books::next_number(std::string_view series) {
    // This is done in the invoice's transaction: a rollback gives the number back.
    db_->run("INSERT INTO number_series(series, last_number) VALUES (?, 1) "
             "ON CONFLICT (series) DO UPDATE SET last_number = last_number + 1",
             series);
    auto query = db_->query("SELECT last_number FROM number_series WHERE series = ?", series);
    query.step();
    return query.integer(0);
}

Invoice Books::insert_invoice(const InvoiceRequest& request) {
    Invoice invoice;
    invoice.kind = kind_for(request.order_total);
    invoice.order_id = request.order_id;
    invoice.partner_id = partner_for(request.order_id);
    invoice.invoice_date = iso_date(request.invoice_date);
    invoice.currency = request.currency;
    invoice.order_total = request.order_total;
    invoice.net_proceeds = request.net_proceeds;
    invoice.lines = request.lines;
    const std::string series = series_for(invoice.kind, request.invoice_date);
    const std::int64_t series_number = next_number(series);
    invoice.number = fmt::format("{}/{:05}", series, series_number);
    db_->run("INSERT INTO invoices(order_id, idempotency_key, number, series, series_number, kind, "
             "partner_id, invoice_date, currency, order_total, net_proceeds) "
             "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
             invoice.order_id, request.idempotency_key, invoice.number, series, series_number,
             to_string(invoice.kind), invoice.partner_id, invoice.invoice_date, invoice.currency,
             invoice.order_total.to_string(), invoice.net_proceeds.to_string());
    invoice.invoice_id = db_->last_insert_id();
    std::int64_t line_number = 0;
    for (const auto& line : invoice.lines) {
        db_->run("INSERT INTO invoice_lines(invoice_id, line_number, kind, type, amount) "
                 "VALUES (?,?,?,?,?)",
                 invoice.invoice_id, ++line_number, to_string(line.kind), line.type,
                 line.amount.to_string());
    }
    return invoice;
}

void Books::refuse(const std::string& what) const {
    throw BooksRefused("books " + path_.string() + ": " + what, path_);
}

} // namespace demo
