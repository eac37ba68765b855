#pragma once

#include "demo/marketplace/order_problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// An amount as written in the feed. The text comes from a JSON number or a JSON string. It has not
/// been checked whether the text is a decimal and the currency exists.
struct RawAmount {
    std::string text;
    std::string currency;
};

/// One ordered item.
struct OrderItem {
    std::string sku;
    std::string title;
    std::int64_t quantity = 0;
    std::optional<RawAmount> price; ///< of the whole quantity; optional in Orders v0
};

enum class EntryKind : std::uint8_t { charge, fee, promotion };

/// `charge`, `fee`, `promotion`.
std::string_view to_string(EntryKind kind) noexcept;

/// Where a financial entry is in the bundle. The names point to static storage.
struct EntryPlace {
    std::string_view event_list; ///< such as `ShipmentEventList`
    std::size_t event = 0;
    std::string_view item_list; ///< such as `ShipmentItemList`; empty for entries of the order
    std::size_t item = 0;
    std::string_view list; ///< such as `ItemFeeList`
    std::size_t entry = 0;
};

/// One entry of a charge, fee or promotion list.
struct FinancialEntry {
    EntryKind kind = EntryKind::charge;
    std::string type{}; ///< such as `Principal` or `Commission`; fees and promotions may have none
    RawAmount amount{};
    EntryPlace place{};

    /// The entry's JSON path, such as
    /// `financialEvents.ShipmentEventList[0].ShipmentItemList[2].ItemFeeList[0]`.
    std::string path() const;
    /// The JSON path of the amount's text.
    std::string amount_path() const;
    /// The JSON path of the amount's currency.
    std::string currency_path() const;
};

/// An order as the marketplace gives it: order and items of Amazon's Orders v0, and events of its
/// Finances v0. A bundle holds what was found in the line. Problems are kept until the step that
/// has to report them.
struct Bundle {
    std::string order_id; ///< empty if the line has none
    std::string purchase_date;
    std::string last_update_date;
    std::string status;
    std::string buyer_email; ///< may be empty
    std::string sales_channel;
    std::string marketplace_id;
    std::optional<RawAmount> total;
    std::vector<OrderItem> items;
    /// All financial entries that count, in the order of the feed.
    std::vector<FinancialEntry> entries;

    /// The line is not an order, or lacks what every order has. The step `ingest` reports it.
    std::optional<OrderProblem> ingest_problem;
    /// The financial events have the wrong structure. extract_financials() throws it.
    std::optional<OrderProblem> financials_problem;
    /// The items or the total have the wrong structure. validate() throws it.
    std::optional<OrderProblem> content_problem;

    /// Whether the line is not an order at all (outcome `rejected`, not `failed`).
    bool is_rejected() const noexcept { return ingest_problem && ingest_problem->is_rejection(); }
};

} // namespace demo
