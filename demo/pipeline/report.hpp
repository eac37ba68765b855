#pragma once

#include "demo/books/records.hpp"
#include "demo/pipeline/outcome.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {

/// The report or another output cannot be written. The message names the file and says what to do.
class ReportError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Writes outcomes as CSV (RFC 4180): order_id, outcome, step_failed, principal_amount,
/// net_proceeds, currency, financial_lines_count, reason.
class ReportFile {
public:
    /// Throws ReportError.
    explicit ReportFile(std::filesystem::path path);
    void add(const OrderOutcome& outcome);
    /// Closes the file. Throws ReportError if not everything could be written.
    void close();

private:
    std::filesystem::path path_;
    std::ofstream out_;
};

/// The orders of a store, counted and added up.
struct Totals {
    struct Money {
        std::int64_t orders = 0;
        Decimal principal;
        Decimal net;
        bool exact = true; ///< false if the sums would need more than 34 digits

        void add(const Decimal& more_principal, const Decimal& more_net);
    };

    std::map<Outcome, std::int64_t> outcomes;
    /// Failed and rejected orders by step and error type.
    std::map<std::pair<std::string, std::string>, std::int64_t> failures;
    std::map<std::string, Money> money; ///< synced orders, by currency
    /// Only if the store was pruned: what the books hold of these orders. They then also hold
    /// orders that are no longer in the store.
    std::optional<std::map<std::string, Money>> books;

    void add(const OrderOutcome& outcome);
    /// Adds an invoice to `books`. The outcome of its order must have been added.
    void add(const Invoice& invoice);
    [[nodiscard]] std::int64_t orders() const;
};

} // namespace demo
