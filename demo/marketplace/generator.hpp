#pragma once

#include <cstdint>
#include <iosfwd>

namespace demo {

/// A number for each kind of fault that a generated feed has: how often, or how many.
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

/// How often each kind occurs where nothing else is asked for, in ten thousand orders.
inline constexpr FeedFaults usual_fault_rates{.duplicates = 110,
                                              .broken_lines = 50,
                                              .missing_members = 50,
                                              .invalid_amounts = 60,
                                              .mixed_currencies = 60,
                                              .no_financials = 100,
                                              .total_mismatches = 100,
                                              .price_mismatches = 80};

/// What a generated feed holds.
struct GeneratedFeed {
    std::uint64_t orders = 0;  ///< different ones, broken lines counted
    std::uint64_t lines = 0;   ///< orders and duplicates
    std::uint64_t refunds = 0; ///< orders whose total is negative, faulty ones counted
    FeedFaults faults;         ///< how many of each; an order has one at most
};

/// Writes a feed of plausible order bundles of our own making, a line each: several marketplaces
/// and currencies, refunds, promotions, shipping, fees of items and of orders, amounts as numbers
/// and as strings, and faults of each kind.
///
/// Equal arguments give the same bytes on every platform. Memory does not grow with the number of
/// orders. Ids are unique up to 10^10 orders.
///
/// @param fault_rates in ten thousand orders; all but the duplicates must sum to 10,000 at most
/// @throws std::runtime_error where `out` fails (disk full); std::invalid_argument for such rates
GeneratedFeed generate(std::uint64_t orders, std::uint64_t seed, std::ostream& out,
                       const FeedFaults& fault_rates = usual_fault_rates);

} // namespace demo
