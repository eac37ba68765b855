#pragma once

#include "demo/money/decimal.hpp"
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace demo {

/// How an order stands.
enum class Outcome : std::uint8_t {
    synced,   ///< it has its invoice
    failed,   ///< a step came to a bad end
    rejected, ///< the line was no order at all
    waiting,  ///< the marketplace has no financial events yet
    open,     ///< under way: the run was ended before it was settled
};

std::string_view to_string(Outcome outcome) noexcept;

/// An order's row in the report.
struct OrderOutcome {
    std::string order_id; ///< `line:N` where the line told none
    Outcome outcome = Outcome::open;
    std::string step{};                      ///< that failed, or that waits
    std::optional<Decimal> principal_amount; ///< of a synced order, as are the next three
    std::optional<Decimal> net_proceeds;
    std::string currency{};
    std::optional<std::int64_t> financial_lines_count{};
    std::string error_type{};
    std::string reason{};
};

/// How the order stands that a BundleReceivedEvent began, read from its execution.
/// Throws bus::StoreError, bus::CodecError.
OrderOutcome outcome_of(bus::EventStore& store, const bus::StoredEvent& received);

/// Calls `each` for every order of the store, in the order in which they came in. Memory does not
/// grow with their number.
void for_each_outcome(bus::EventStore& store, const std::function<void(const OrderOutcome&)>& each);

} // namespace demo
