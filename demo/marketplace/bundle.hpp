#pragma once

#include "demo/marketplace/order_problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// An amount as the feed writes it. The text is that of a JSON number or of a JSON string, not yet
/// known to be a decimal; the currency not yet known to be one.
struct RawAmount {
    std::string text;
    std::string currency;
};

/// One thing that was ordered.
struct OrderItem {
    std::string sku;
    std::string title;
    std::int64_t quantity = 0;
    std::optional<RawAmount> price; ///< of the whole quantity; Orders v0 may leave it out
};

enum class EntryKind : std::uint8_t { charge, fee, promotion };

/// `charge`, `fee`, `promotion`.
std::string_view to_string(EntryKind kind) noexcept;

/// Where a financial entry stands. The names point to static storage.
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
    /// The path of its amount's text, and of its currency.
    std::string amount_path() const;
    std::string currency_path() const;
};

/// An order as the marketplace gives it: Amazon's Orders v0 order and items, and its Finances v0
/// events. What a bundle holds is what was there; what is wrong with it is kept by the step that
/// has to complain.
struct Bundle {
    std::string order_id; ///< empty where the line does not tell
    std::string purchase_date;
    std::string last_update_date;
    std::string status;
    std::string buyer_email; ///< may be empty
    std::string sales_channel;
    std::string marketplace_id;
    std::optional<RawAmount> total;
    std::vector<OrderItem> items;
    /// All that counts, in the order of the feed.
    std::vector<FinancialEntry> entries;

    /// The line is no order, or lacks what every order has: to be reported by the step `ingest`.
    std::optional<OrderProblem> ingest_problem;
    /// The financial events are not shaped as they must be: thrown by extract_financials().
    std::optional<OrderProblem> financials_problem;
    /// Items or total are not shaped as they must be: thrown by validate().
    std::optional<OrderProblem> content_problem;

    /// Whether the line is no order at all (outcome `rejected`, not `failed`).
    bool is_rejected() const noexcept { return ingest_problem && ingest_problem->is_rejection(); }
};

} // namespace demo
