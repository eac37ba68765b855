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
    /// How long a call waits while another program writes. After that it throws BooksUnavailable.
    std::chrono::milliseconds busy_timeout{2000};
    /// The largest size of the file in pages of 4,096 bytes, as a quota; 0: unlimited. A call that
    /// needs more fails as on a full disk.
    std::int64_t max_pages = 0;
};

/// The books: the outside system (an ERP) that the demo's save and invoice steps talk to. The books
/// are one SQLite file of their own. Each call is one transaction and is synced to disk when it
/// returns. Each call may be repeated: a repeat returns what exists.
///
/// Thread safe: any number of agents may call at the same time; the calls run one after the other.
///
/// All calls throw BooksUnavailable if a repeat may help, and BooksUnusable if the file cannot be
/// used (see errors.hpp).
class Books {
public:
    /// Opens the books at `path`, or creates them there (mode 0600); the folder must exist.
    /// `:memory:` keeps them in memory. A file with other contents, or of a newer version, is left
    /// untouched.
    explicit Books(std::filesystem::path path, const BooksOptions& options = {});

    /// Saves an order. A repeat with the same content returns what exists.
    /// Throws BooksRefused if the order has no id or no currency, or if it exists with other
    /// content.
    Saved save_order(const OrderEntry& entry);

    /// Creates the invoice of a saved order, or the credit note if the order total is negative. It
    /// gets the next number of its series; no number is ever left out. The partner is found or
    /// created by the order's buyer email. Orders without an email share one partner per
    /// marketplace. A repeat with the same order id and content returns what exists, also under a
    /// new idempotency key.
    /// Throws BooksRefused if the order is not saved, its currency or net differs from the saved
    /// one, the lines do not sum to the net, there are no lines, the date is invalid, the
    /// idempotency key belongs to another order, or an invoice with other content exists.
    Invoice create_invoice(const InvoiceRequest& request);

    /// The invoice of an order, with its lines.
    std::optional<Invoice> invoice_of(std::string_view order_id) const;

    /// Exact sums, one row for each currency, ordered by its code. Throws InexactDecimal if a sum
    /// needs more than 34 digits.
    std::vector<BooksTotals> totals() const;
    /// How many rows of each kind there are.

    BooksCounts counts() const;

    /// Numbers that are missing below the last number of each series; should be empty.
    std::vector<NumberingHole> numbering_holes() const;

    /// Checks that the books are consistent: no holes in the numbering, and the lines of each
    /// invoice sum to its net and to that of its order. Returns a sentence for each problem; should
    /// be empty.
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
    /// Reads an amount of the file. If the text is not an amount, the file is damaged.
    Decimal amount(const std::string& text) const;

    std::filesystem::path path_;
    mutable std::mutex mutex_;
    mutable std::optional<sqlite::Connection> db_;
};

} // namespace demo
