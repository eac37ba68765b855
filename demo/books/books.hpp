#pragma once

#include "demo/books/errors.hpp"
#include "demo/books/records.hpp"
#include "demo/sqlite/sqlite.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// Settings of the books.
struct BooksOptions {
    /// How long a call waits while another program writes, before BooksUnavailable.
    std::chrono::milliseconds busy_timeout{2000};
    /// Upper bound of the file in pages of 4,096 bytes, as a quota; 0 means none. Beyond it a call
    /// fails as on a full disk.
    std::int64_t max_pages = 0;
};

/// The books: the outside system (an ERP) that the demo's save and invoice steps talk to. One
/// SQLite file of its own; every call is one transaction, synced to disk when it returns. Every
/// call may be repeated: it then answers with what exists.
///
/// Thread safe: any number of agents may call at a time; the calls run one after the other.
///
/// All calls throw BooksUnavailable where a repeat may help, BooksUnusable where the file cannot
/// serve (see errors.hpp).
class Books {
public:
    /// Opens the books at `path`, or creates them there (mode 0600); the folder must exist.
    /// `:memory:` keeps them in memory. A file that is no books of ours, or of a newer version, is
    /// left untouched.
    explicit Books(std::filesystem::path path, const BooksOptions& options = {});

    /// Saves an order. A repeat with the same content returns what exists.
    /// Throws BooksRefused for an order without id or currency, and for one that exists with other
    /// content.
    Saved save_order(const OrderEntry& entry);

    /// Creates the invoice (or the credit note, where the order total is negative) of a saved
    /// order, with the next number of its series: no number is ever left out. The partner is found
    /// or created by the order's buyer email; orders without one share one partner a marketplace.
    /// A repeat, by order id and with the same content, returns what exists, also under a new
    /// idempotency key.
    /// Throws BooksRefused where the order is not saved, where its currency or net differ from the
    /// saved ones, where the lines do not sum to the net, where there are none, where the date is
    /// none, where the idempotency key belongs to another order, and where an invoice with other
    /// content exists.
    Invoice create_invoice(const InvoiceRequest& request);

    /// The invoice of an order, with its lines.
    std::optional<Invoice> invoice_of(std::string_view order_id) const;

    /// Exact sums, a row for each currency, by its code. Throws InexactDecimal where a sum needs
    /// more than 34 digits.
    std::vector<BooksTotals> totals() const;

    BooksCounts counts() const;

    /// Missing numbers below the last one of each series; empty when all is well.
    std::vector<NumberingHole> numbering_holes() const;

    /// Checks the books against themselves: holes in the numbering, invoices whose lines do not
    /// sum to their net or to that of their order. A sentence for each trouble; empty when all is
    /// well.
    std::vector<std::string> audit() const;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    void open(const BooksOptions& options);
    void open_in_turn(const BooksOptions& options);
    void create_schema();
    std::vector<InvoiceLine> lines_of(std::int64_t invoice_id) const;
    std::optional<Invoice> find_invoice(std::string_view order_id) const;
    std::vector<NumberingHole> find_holes() const;
    void check_same(const sqlite::Query& held, const OrderEntry& entry) const;
    void check_sum(const InvoiceRequest& request) const;
    void check_order(const InvoiceRequest& request) const;
    void check_key_is_free(const InvoiceRequest& request) const;
    Invoice repeated(Invoice existing, const InvoiceRequest& request) const;
    std::int64_t partner_for(std::string_view order_id);
    std::int64_t next_number(std::string_view series);
    Invoice insert_invoice(const InvoiceRequest& request);
    [[noreturn]] void refuse(const std::string& what) const;
    /// An amount as the file holds it; one that is none means a damaged file.
    Decimal amount(const std::string& text) const;

    std::filesystem::path path_;
    mutable std::mutex mutex_;
    mutable std::optional<sqlite::Connection> db_;
};

} // namespace demo
