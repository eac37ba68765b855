#pragma once

#include "demo/pipeline/outcome.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {

/// The report, or another output, cannot be written. Names the file and what to do.
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
    /// Says whether all has been written; throws ReportError where not.
    void close();

private:
    std::filesystem::path path_;
    std::ofstream out_;
};

/// What a store's orders came to, added up.
struct Totals {
    struct Money {
        std::int64_t orders = 0;
        Decimal principal;
        Decimal net;
        bool exact = true; ///< false: the sums would need more than 34 digits
    };

    std::map<Outcome, std::int64_t> outcomes;
    /// Failed and rejected orders by step and error type.
    std::map<std::pair<std::string, std::string>, std::int64_t> failures;
    std::map<std::string, Money> money; ///< synced orders, by currency

    void add(const OrderOutcome& outcome);
    [[nodiscard]] std::int64_t orders() const;
};

} // namespace demo
