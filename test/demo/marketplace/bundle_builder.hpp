#pragma once

#include <stdexcept>
#include <string>

namespace test {

/// Replaces the only occurrence of `what`, so that a test names only the difference.
inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto position = text.find(what);
    if (position == std::string::npos)
        throw std::logic_error("the bundle has no " + what);
    return text.replace(position, what.size(), with);
}

/// A valid order of two items, with each kind of entry. Principal 30.00, other charges 4.00,
/// promotions -1.50, fees -5.25: total 32.50, net 27.25, seven lines.
inline const std::string sound_bundle =
    R"({"order":{"AmazonOrderId":"123-4567890-1234567","PurchaseDate":"2025-03-01T10:00:00Z",)"
    R"("LastUpdateDate":"2025-03-02T10:00:00Z","OrderStatus":"Shipped","SalesChannel":"Amazon.de",)"
    R"("MarketplaceId":"MKT","BuyerInfo":{"BuyerEmail":"b@example.org"},)"
    R"("OrderTotal":{"CurrencyCode":"EUR","Amount":"32.50"}},)"
    R"("orderItems":[{"SellerSKU":"A-1","Title":"Mug","QuantityOrdered":2,)"
    R"("ItemPrice":{"CurrencyCode":"EUR","Amount":"20.00"}},)"
    R"({"SellerSKU":"B-2","Title":"Kite","QuantityOrdered":1,)"
    R"("ItemPrice":{"CurrencyCode":"EUR","Amount":10.00}}],)"
    R"("financialEvents":{"ShipmentEventList":[{"ShipmentItemList":[)"
    R"({"ItemChargeList":[{"ChargeType":"Principal","ChargeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":20.00}},{"ChargeType":"Tax","ChargeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":"4.00"}}],)"
    R"("ItemFeeList":[{"FeeType":"Commission","FeeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":-3.00}}],)"
    R"("PromotionList":[{"PromotionType":"Ten","PromotionAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":-1.50}}]},)"
    R"({"ItemChargeList":[{"ChargeType":"Principal","ChargeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":10.00}}],)"
    R"("ItemFeeList":[{"FeeType":"Commission","FeeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":-1.50}}]}],)"
    R"("OrderFeeList":[{"FeeType":"Label","FeeAmount":)"
    R"({"CurrencyCode":"EUR","CurrencyAmount":-0.75}}]}]}})";

} // namespace test
