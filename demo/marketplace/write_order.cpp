#include "demo/marketplace/generated_order.hpp"
#include "demo/money/decimal.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>

namespace demo {
namespace {

/// Appends JSON text, and adds the commas.
class JsonText {
public:
    void begin(char bracket, std::string_view name = {}) {
        put_name(name);
        text_ += bracket;
    }

    void end(char bracket) { text_ += bracket; }

    /// @param json the value as JSON text
    void member(std::string_view name, std::string_view json) {
        put_name(name);
        text_ += json;
    }

    /// @param content of a string, as JSON text without the quotes
    void text_member(std::string_view name, std::string_view content) {
        put_name(name);
        text_ += '"';
        text_ += content;
        text_ += '"';
    }

    std::string take() { return std::move(text_); }

private:
    void put_name(std::string_view name) {
        if (!text_.empty() && text_.back() != '{' && text_.back() != '[')
            text_ += ',';
        if (name.empty())
            return;
        text_ += '"';
        text_ += name;
        text_ += "\":";
    }

    std::string text_;
};

std::string iso_time(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds time{std::chrono::seconds(seconds)};
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Writes one line of a feed.
class OrderWriter {
public:
    explicit OrderWriter(const GeneratedOrder& order) : order_(order) {}

    std::string write();

private:
    bool has(GeneratedFault fault) const { return order_.fault == fault; }

    /// Whether a member is to be left out.
    bool lacks(std::uint64_t which) const {
        return has(GeneratedFault::missing_member) && order_.fault_variant % 5 == which;
    }

    std::string amount(std::int64_t value) const {
        return Decimal::from_scaled(value, order_.channel->decimals).to_string();
    }

    void write_order();
    void write_items();
    void write_financials();
    void write_event();
    void write_event_item(const GeneratedItem& item, std::size_t index);
    void write_entry(std::string_view what, std::string_view type, std::int64_t value);
    std::string item_id(std::size_t index) const;

    const GeneratedOrder& order_;
    JsonText json_;
    bool spoiled_ = false; // the faulty entry is already written; there is only one
};

std::string OrderWriter::write() {
    json_.begin('{');
    write_order();
    if (!lacks(4))
        write_items();
    write_financials();
    json_.end('}');
    return json_.take();
}

void OrderWriter::write_order() {
    std::int64_t total = has(GeneratedFault::total_mismatch) ? 1 : 0;
    for (const auto& item : order_.items)
        total += item.price + item.tax + item.shipping + item.promotion;
    json_.begin('{', "order");
    if (!lacks(0))
        json_.text_member("AmazonOrderId", order_.id);
    if (!lacks(1))
        json_.text_member("PurchaseDate", iso_time(order_.purchased));
    if (!lacks(2))
        json_.text_member("LastUpdateDate", iso_time(order_.updated));
    if (!lacks(3))
        json_.text_member("OrderStatus", "Shipped");
    json_.text_member("FulfillmentChannel", "AFN");
    json_.text_member("SalesChannel", order_.channel->name);
    json_.begin('{', "OrderTotal");
    json_.text_member("CurrencyCode", order_.channel->currency);
    json_.text_member("Amount", amount(total));
    json_.end('}');
    json_.text_member("MarketplaceId", order_.channel->marketplace_id);
    if (!order_.buyer.empty()) {
        json_.begin('{', "BuyerInfo");
        json_.text_member("BuyerEmail", order_.buyer);
        json_.end('}');
    }
    json_.end('}');
}

void OrderWriter::write_items() {
    json_.begin('[', "orderItems");
    for (std::size_t i = 0; i < order_.items.size(); ++i) {
        const auto& item = order_.items[i];
        const bool off = i == 0 && has(GeneratedFault::price_mismatch);
        json_.begin('{');
        json_.text_member("ASIN", item.asin);
        json_.text_member("SellerSKU", item.sku);
        json_.text_member("OrderItemId", item_id(i));
        json_.text_member("Title", item.title);
        json_.member("QuantityOrdered", std::to_string(item.quantity));
        json_.begin('{', "ItemPrice");
        json_.text_member("CurrencyCode", order_.channel->currency);
        json_.text_member("Amount", amount(item.price + (off ? 1 : 0)));
        json_.end('}');
        json_.end('}');
    }
    json_.end(']');
}

void OrderWriter::write_financials() {
    const bool none = has(GeneratedFault::no_financials);
    if (none && order_.fault_variant % 3 == 0)
        return;
    json_.begin('{', "financialEvents");
    if (!none || order_.fault_variant % 3 == 1) {
        json_.begin('[', order_.refund ? "RefundEventList" : "ShipmentEventList");
        if (!none)
            write_event();
        json_.end(']');
    }
    json_.end('}');
}

void OrderWriter::write_event() {
    json_.begin('{');
    json_.text_member("AmazonOrderId", order_.id);
    json_.text_member("MarketplaceName", order_.channel->name);
    json_.text_member("PostedDate", iso_time(order_.posted));
    json_.begin('[', order_.refund ? "ShipmentItemAdjustmentList" : "ShipmentItemList");
    for (std::size_t i = 0; i < order_.items.size(); ++i)
        write_event_item(order_.items[i], i);
    json_.end(']');
    if (order_.order_fee != 0) {
        json_.begin('[', "OrderFeeList");
        write_entry("Fee", "ShippingServiceFee", order_.order_fee);
        json_.end(']');
    }
    json_.end('}');
}

void OrderWriter::write_event_item(const GeneratedItem& item, std::size_t index) {
    json_.begin('{');
    json_.text_member("SellerSKU", item.sku);
    json_.text_member("OrderItemId", item_id(index));
    json_.member("QuantityShipped", std::to_string(item.quantity));
    json_.begin('[', order_.refund ? "ItemChargeAdjustmentList" : "ItemChargeList");
    write_entry("Charge", "Principal", item.price);
    write_entry("Charge", "Tax", item.tax);
    if (item.shipping != 0)
        write_entry("Charge", "ShippingCharge", item.shipping);
    json_.end(']');
    json_.begin('[', order_.refund ? "ItemFeeAdjustmentList" : "ItemFeeList");
    write_entry("Fee", "Commission", item.commission);
    if (item.fulfilment != 0)
        write_entry("Fee", "FBAPerUnitFulfillmentFee", item.fulfilment);
    json_.end(']');
    if (item.promotion != 0) {
        json_.begin('[', order_.refund ? "PromotionAdjustmentList" : "PromotionList");
        write_entry("Promotion", "PromotionMetaDataDefinitionValue", item.promotion);
        json_.end(']');
    }
    json_.end('}');
}

void OrderWriter::write_entry(std::string_view what, std::string_view type, std::int64_t value) {
    static constexpr std::array<std::string_view, 4> no_decimals = {
        R"("12,5O")", R"("1234567890123456789012345678901234567890")", R"("")", R"("NaN")"};
    const bool fee = what == "Fee";
    std::string written = amount(value);
    if (order_.amounts_as_strings)
        written = '"' + written + '"';
    std::string_view currency = order_.channel->currency;
    if (fee && !spoiled_ && has(GeneratedFault::invalid_amount)) {
        written = no_decimals[order_.fault_variant % no_decimals.size()];
        spoiled_ = true;
    }
    if (fee && !spoiled_ && has(GeneratedFault::mixed_currencies)) {
        currency = currency == "USD" ? "CAD" : "USD";
        spoiled_ = true;
    }
    json_.begin('{');
    json_.text_member(fmt::format("{}Type", what), type);
    json_.begin('{', fmt::format("{}Amount", what));
    json_.text_member("CurrencyCode", currency);
    json_.member("CurrencyAmount", written);
    json_.end('}');
    json_.end('}');
}

std::string OrderWriter::item_id(std::size_t index) const {
    return fmt::format("{}{:02}", order_.id.substr(12), index + 1);
}

/// The line cut off, or something else that is not a JSON object.
std::string broken(const std::string& line, std::uint64_t variant) {
    switch (variant % 6) {
    case 0: return "[" + line + "]";
    case 1: return line + "}";
    case 2: return "order " + std::to_string(variant);
    default: return line.substr(0, 1 + variant * (line.size() - 2) / 1'000);
    }
}

} // namespace

std::string write_order(const GeneratedOrder& order) {
    std::string line = OrderWriter(order).write();
    if (order.fault == GeneratedFault::broken_line)
        return broken(line, order.fault_variant);
    return line;
}

} // namespace demo
