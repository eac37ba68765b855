#pragma once

#include <cstdint>
#include <iosfwd>

namespace demo {

/// A number for each kind of fault in a generated feed: a rate or a count.
struct FeedFaults {
    std::uint64_t duplicates = 0;       ///< lines that repeat an earlier one
    std::uint64_t broken_lines = 0;     ///< no JSON object: rejected
    std::uint64_t missing_members = 0;  ///< fails at ingest
    std::uint64_t invalid_amounts = 0;  ///< fails at extract_financials
    std::uint64_t mixed_currencies = 0; ///< fails at extract_financials
    std::uint64_t no_financials = 0;    ///< waits at extract_financials
    std::uint64_t total_mismatches = 0; ///< fails at validate
    std::uint64_t price_mismatches = 0; ///< fails at validate
};

/// The default rate of each kind of fault, in ten thousand orders.
inline constexpr FeedFaults usual_fault_rates{.duplicates = 110,
                                              .broken_lines = 50,
                                              .missing_members = 50,
                                              .invalid_amounts = 60,
                                              .mixed_currencies = 60,
                                              .no_financials = 100,
                                              .total_mismatches = 100,
                                              .price_mismatches = 80};

/// What a generated feed contains.
struct GeneratedFeed {
    std::uint64_t orders = 0;  ///< different orders, including broken lines
    std::uint64_t lines = 0;   ///< orders and duplicates
    std::uint64_t refunds = 0; ///< orders with a negative total, including faulty ones
    FeedFaults faults;         ///< how many of each kind; an order has one at most
};

/// Writes a feed of invented but plausible order bundles, one per line: several marketplaces and
/// currencies, refunds, promotions, shipping, fees of items and of orders, amounts as numbers and
/// as strings, and faults of each kind.
///
/// Equal arguments give the same bytes on every platform. Memory does not grow with the number of
/// orders. Ids are unique up to 10^10 orders.
///
/// @param fault_rates in ten thousand orders; without the duplicates, the sum is at most 10,000
/// @throws std::runtime_error if `out` fails (disk full); std::invalid_argument if the sum of the
/// rates is too large
GeneratedFeed generate(std::uint64_t orders, std::uint64_t seed, std::ostream& out,
                       const FeedFaults& fault_rates = usual_fault_rates);

} // namespace demo
