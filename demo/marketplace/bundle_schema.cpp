#include "demo/marketplace/bundle_schema.hpp"

// The schema follows the models of Amazon's Selling Partner API, Orders v0 and Finances v0, reduced
// to what the rules of the pipeline use. Read it from the bottom.

namespace demo {
namespace {

constexpr SchemaNode text(Stage stage, Slot slot) {
    return {Shape::text, stage, slot};
}

constexpr SchemaNode decimal(Stage stage, Slot slot) {
    return {Shape::decimal, stage, slot};
}

constexpr SchemaNode object(Stage stage, std::span<const SchemaMember> members,
                            Slot slot = Slot::none) {
    return {Shape::object, stage, slot, members};
}

constexpr SchemaNode list(Stage stage, const SchemaNode& element) {
    return {Shape::array, stage, Slot::none, {}, &element};
}

// --- financial entries: kind, type, amount -----------------------

constexpr auto money = Stage::financials;

constexpr SchemaNode entry_type = text(money, Slot::entry_type);
constexpr SchemaNode entry_currency = text(money, Slot::entry_currency);
constexpr SchemaNode entry_amount = decimal(money, Slot::entry_amount);
constexpr SchemaMember entry_amount_members[] = {
    {"CurrencyCode", &entry_currency, true},
    {"CurrencyAmount", &entry_amount, true},
};
constexpr SchemaNode amount_object = object(money, entry_amount_members);

constexpr SchemaMember charge_members[] = {
    {"ChargeType", &entry_type, true}, // distinguishes the principal from other charges
    {"ChargeAmount", &amount_object, true},
};
constexpr SchemaMember fee_members[] = {
    {"FeeType", &entry_type},
    {"FeeAmount", &amount_object, true},
};
constexpr SchemaMember promotion_members[] = {
    {"PromotionType", &entry_type},
    {"PromotionAmount", &amount_object, true},
};
constexpr SchemaNode charge = object(money, charge_members, Slot::charge);
constexpr SchemaNode fee = object(money, fee_members, Slot::fee);
constexpr SchemaNode promotion = object(money, promotion_members, Slot::promotion);
constexpr SchemaNode charges = list(money, charge);
constexpr SchemaNode fees = list(money, fee);
constexpr SchemaNode promotions = list(money, promotion);

// --- events: lists of an item, lists of the event itself ---------

constexpr SchemaMember shipment_item_members[] = {
    {"ItemChargeList", &charges},   {"ItemChargeAdjustmentList", &charges},
    {"ItemFeeList", &fees},         {"ItemFeeAdjustmentList", &fees},
    {"PromotionList", &promotions}, {"PromotionAdjustmentList", &promotions},
};
constexpr SchemaNode shipment_item = object(money, shipment_item_members);
constexpr SchemaNode shipment_items = list(money, shipment_item);

constexpr SchemaMember event_members[] = {
    {"ShipmentItemList", &shipment_items},
    {"ShipmentItemAdjustmentList", &shipment_items},
    {"OrderChargeList", &charges},
    {"OrderChargeAdjustmentList", &charges},
    {"OrderFeeList", &fees},
    {"OrderFeeAdjustmentList", &fees},
    {"ShipmentFeeList", &fees},
    {"ShipmentFeeAdjustmentList", &fees},
    {"FeeList", &fees},
    {"RentalChargeList", &charges},
    {"RentalFeeList", &fees},
};
constexpr SchemaNode event = object(money, event_members);
constexpr SchemaNode events = list(money, event);

// The event lists of Finances v0 whose events have charge, fee or promotion lists.
constexpr SchemaMember financial_events_members[] = {
    {"ShipmentEventList", &events},
    {"ShipmentSettleEventList", &events},
    {"RefundEventList", &events},
    {"GuaranteeClaimEventList", &events},
    {"ChargebackEventList", &events},
    {"ServiceFeeEventList", &events},
    {"RentalTransactionEventList", &events},
    {"TrialShipmentEventList", &events},
    {"ImagingServicesFeeEventList", &events},
};
constexpr SchemaNode financial_events = object(money, financial_events_members);

// --- items -------------------------------------------------------

constexpr auto content = Stage::content;

constexpr SchemaNode price_currency = text(content, Slot::item_price_currency);
constexpr SchemaNode price_amount = decimal(content, Slot::item_price_amount);
constexpr SchemaMember price_members[] = {
    {"CurrencyCode", &price_currency, true},
    {"Amount", &price_amount, true},
};
constexpr SchemaNode price = object(content, price_members, Slot::item_price);
constexpr SchemaNode sku = text(content, Slot::item_sku);
constexpr SchemaNode title = text(content, Slot::item_title);
constexpr SchemaNode quantity = {Shape::integer, content, Slot::item_quantity};
constexpr SchemaMember item_members[] = {
    {"SellerSKU", &sku},
    {"Title", &title},
    {"QuantityOrdered", &quantity},
    {"ItemPrice", &price},
};
constexpr SchemaNode item = object(Stage::ingest, item_members, Slot::item);
constexpr SchemaNode items = list(Stage::ingest, item);

// --- the order ---------------------------------------------------

constexpr SchemaNode total_currency = text(content, Slot::total_currency);
constexpr SchemaNode total_amount = decimal(content, Slot::total_amount);
constexpr SchemaMember total_members[] = {
    {"CurrencyCode", &total_currency, true},
    {"Amount", &total_amount, true},
};
constexpr SchemaNode total = object(content, total_members, Slot::total);

constexpr auto ingest = Stage::ingest;

constexpr SchemaNode buyer_email = text(ingest, Slot::buyer_email);
constexpr SchemaMember buyer_members[] = {{"BuyerEmail", &buyer_email}};
constexpr SchemaNode buyer = object(ingest, buyer_members);

constexpr SchemaNode order_id = text(ingest, Slot::order_id);
constexpr SchemaNode purchase_date = text(ingest, Slot::purchase_date);
constexpr SchemaNode last_update_date = text(ingest, Slot::last_update_date);
constexpr SchemaNode status = text(ingest, Slot::status);
constexpr SchemaNode sales_channel = text(ingest, Slot::sales_channel);
constexpr SchemaNode marketplace_id = text(ingest, Slot::marketplace_id);
constexpr SchemaMember order_members[] = {
    {"AmazonOrderId", &order_id, true},
    {"PurchaseDate", &purchase_date, true},
    {"LastUpdateDate", &last_update_date, true},
    {"OrderStatus", &status, true},
    {"SalesChannel", &sales_channel},
    {"MarketplaceId", &marketplace_id},
    {"BuyerInfo", &buyer},
    {"OrderTotal", &total}, // if it is missing, validate() reports it
};
constexpr SchemaNode order = object(ingest, order_members);

constexpr SchemaMember bundle_members[] = {
    {"order", &order, true},
    {"orderItems", &items, true},
    {"financialEvents", &financial_events}, // may come later than the order
};
constexpr SchemaNode bundle = object(ingest, bundle_members);

} // namespace

const SchemaNode& bundle_schema() noexcept {
    return bundle;
}

const SchemaMember* find_member(const SchemaNode& object, std::string_view name) noexcept {
    for (const auto& member : object.members) {
        if (member.name == name)
            return &member;
    }
    return nullptr;
}

} // namespace demo
