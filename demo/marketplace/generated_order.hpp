#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// Random whole numbers that are the same on every platform. The standard specifies the engine to
/// the bit, but not the distributions, so these are written here.
class PortableRandom {
public:
    explicit PortableRandom(std::uint64_t seed) : engine_(seed) {}

    /// From 0 to `bound` - 1. The bias of the remainder does not matter here.
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    /// From `low` to `high`, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }

    /// True in `rate` of ten thousand cases.
    bool chance(std::uint64_t rate) { return below(10'000) < rate; }

private:
    std::mt19937_64 engine_;
};

/// What may be wrong with a generated order.
enum class GeneratedFault : std::uint8_t {
    none,
    broken_line,
    missing_member,
    invalid_amount,
    mixed_currencies,
    no_financials,
    total_mismatch,
    price_mismatch,
};

/// A marketplace to sell on.
struct SalesChannel {
    std::string_view name;
    std::string_view marketplace_id;
    std::string_view currency;
    int decimals;            ///< of the currency
    std::int64_t price_unit; ///< a factor that makes prices plausible, in the smaller unit
};

/// An item of a generated order; amounts in the currency's smaller unit.
struct GeneratedItem {
    std::string sku;
    std::string asin;
    std::string_view title; ///< as JSON text, escapes included
    std::int64_t quantity = 1;
    std::int64_t price = 0; ///< of all pieces; negative in a refund
    std::int64_t tax = 0;
    std::int64_t shipping = 0;
    std::int64_t promotion = 0;
    std::int64_t commission = 0;
    std::int64_t fulfilment = 0;
};

/// A generated order before it is written.
struct GeneratedOrder {
    std::string id;
    std::int64_t purchased = 0; ///< seconds since 1970, UTC
    std::int64_t updated = 0;
    std::int64_t posted = 0;
    std::string buyer; ///< empty: none
    const SalesChannel* channel = nullptr;
    bool refund = false;
    bool amounts_as_strings = false;
    std::vector<GeneratedItem> items;
    std::int64_t order_fee = 0; ///< 0: none
    GeneratedFault fault = GeneratedFault::none;
    std::uint64_t fault_variant = 0; ///< selects one of the fault's forms
};

/// Makes up the order with this number. @param purchased the time, in seconds since 1970
GeneratedOrder make_order(PortableRandom& random, std::uint64_t number, std::int64_t purchased);

/// The order as a line of a feed, with its fault and without the line's end.
std::string write_order(const GeneratedOrder& order);

} // namespace demo
