#pragma once

#include "demo/money/decimal.hpp"
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace demo {

/// The state of an order.
enum class Outcome : std::uint8_t {
    synced,   ///< it has its invoice
    failed,   ///< a step has failed
    rejected, ///< the line was not an order at all
    waiting,  ///< the marketplace has no financial events yet
    open,     ///< the run was ended before the order was settled
};

std::string_view to_string(Outcome outcome) noexcept;

/// An order's row in the report.
struct OrderOutcome {
    std::string order_id; ///< `line:N` if the line has none
    Outcome outcome = Outcome::open;
    std::string step{};                                  ///< the step that failed or waits
    std::optional<Decimal> principal_amount;             ///< only if synced
    std::optional<Decimal> net_proceeds;                 ///< only if synced
    std::string currency{};                              ///< only if synced
    std::optional<std::int64_t> financial_lines_count{}; ///< only if synced
    std::string error_type{};
    std::string reason{};
};

/// The outcome of the order that a BundleReceivedEvent began, read from its execution.
/// Throws bus::StoreError, bus::CodecError.
OrderOutcome outcome_of(bus::EventStore& store, const bus::StoredEvent& received);

/// Calls `each` for every order of the store, in the order in which they were received. Memory does
/// not grow with the number of orders.
void for_each_outcome(bus::EventStore& store, const std::function<void(const OrderOutcome&)>& each);

} // namespace demo
