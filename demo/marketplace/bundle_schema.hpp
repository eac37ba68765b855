#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace demo {

/// What a JSON value must be.
enum class Shape : std::uint8_t {
    object,
    array,
    text,    ///< a string
    decimal, ///< a string or a number, taken as its text
    integer, ///< a whole number
};

/// What becomes of a value.
enum class Slot : std::uint8_t {
    none,
    // of the order
    order_id,
    purchase_date,
    last_update_date,
    status,
    sales_channel,
    marketplace_id,
    buyer_email,
    total,
    total_amount,
    total_currency,
    // of an item
    item,
    item_sku,
    item_title,
    item_quantity,
    item_price,
    item_price_amount,
    item_price_currency,
    // of a financial entry
    charge,
    fee,
    promotion,
    entry_type,
    entry_amount,
    entry_currency,
};

/// Which step complains about what is wrong here.
enum class Stage : std::uint8_t { ingest, financials, content };

struct SchemaMember;

/// A value that the bundle reader looks at; all others are skipped.
struct SchemaNode {
    Shape shape;
    Stage stage;
    Slot slot = Slot::none;
    std::span<const SchemaMember> members = {}; ///< of an object; at most 32
    const SchemaNode* element = nullptr;        ///< of an array
};

/// A member that is looked at. One that is not required may also be null.
struct SchemaMember {
    std::string_view name;
    const SchemaNode* node;
    bool required = false;
};

/// The line of a feed: `order`, `orderItems`, `financialEvents`.
const SchemaNode& bundle_schema() noexcept;

/// The member of that name, or null.
const SchemaMember* find_member(const SchemaNode& object, std::string_view name) noexcept;

} // namespace demo
