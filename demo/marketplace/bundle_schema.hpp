#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace demo {

/// Which type a JSON value must have.
enum class Shape : std::uint8_t {
    object,
    array,
    text,    ///< a string
    decimal, ///< a string or a number, taken as its text
    integer, ///< a whole number
};

/// Where in the bundle a value is stored.
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

/// Which step reports a problem with a value.
enum class Stage : std::uint8_t { ingest, financials, content };

struct SchemaMember;

/// A value that the bundle reader reads. It skips all others.
struct SchemaNode {
    Shape shape;
    Stage stage;
    Slot slot = Slot::none;
    std::span<const SchemaMember> members = {}; ///< if an object; at most 32
    const SchemaNode* element = nullptr;        ///< if an array
};

/// A member that is read. If it is not required, its value may also be null.
struct SchemaMember {
    std::string_view name;
    const SchemaNode* node;
    bool required = false;
};

/// The schema of a line of a feed, with the members `order`, `orderItems`, `financialEvents`.
const SchemaNode& bundle_schema() noexcept;

/// The member with this name, or null.
const SchemaMember* find_member(const SchemaNode& object, std::string_view name) noexcept;

} // namespace demo
