#pragma once

#include "demo/money/decimal.hpp"
#include "demo/money/decimal_text.hpp"
#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// The events of the order domain, from a marketplace's order to its invoice. Their aggregate is
/// the order; amounts are exact decimals, JSON strings on the wire.
namespace demo {

/// An order was taken in from the marketplace.
struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
    std::string marketplace;
    std::string buyer_email;   ///< empty if the marketplace does not give it
    std::string purchase_date; ///< RFC 3339, as the marketplace wrote it
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, marketplace, buyer_email, purchase_date),
                   bus::aggregate_id<&OrderCreatedEvent::order_id>)

/// The financials of an order are known: what the marketplace charged, paid and kept.
struct FinancialsExtractedEvent : bus::Event<FinancialsExtractedEvent> {
    std::string order_id;
    std::optional<Decimal> principal_amount;
    std::string principal_currency; ///< ISO 4217
    std::optional<Decimal> net_proceeds;
    std::int64_t financial_lines_count = 0;
};
BUS_DESCRIBE_EVENT(FinancialsExtractedEvent,
                   (order_id, principal_amount, principal_currency, net_proceeds,
                    financial_lines_count),
                   bus::aggregate_id<&FinancialsExtractedEvent::order_id>)

/// The order's own amounts were compared with its financials.
struct OrderValidatedEvent : bus::Event<OrderValidatedEvent> {
    std::string order_id;
    bool validation_passed = false;
    std::string validation_message;
};
BUS_DESCRIBE_EVENT(OrderValidatedEvent, (order_id, validation_passed, validation_message),
                   bus::aggregate_id<&OrderValidatedEvent::order_id>)

/// The order is in the books.
struct OrderSavedEvent : bus::Event<OrderSavedEvent> {
    std::string order_id;
    std::optional<std::int64_t> database_id;
};
BUS_DESCRIBE_EVENT(OrderSavedEvent, (order_id, database_id),
                   bus::aggregate_id<&OrderSavedEvent::order_id>)

/// The order has its invoice, or its credit note.
struct InvoiceCreatedEvent : bus::Event<InvoiceCreatedEvent> {
    std::string order_id;
    std::int64_t invoice_id = 0;
    std::int64_t partner_id = 0;
    std::int64_t invoice_lines_count = 0;
};
BUS_DESCRIBE_EVENT(InvoiceCreatedEvent, (order_id, invoice_id, partner_id, invoice_lines_count),
                   bus::aggregate_id<&InvoiceCreatedEvent::order_id>)

/// The order has gone through all steps.
struct OrderSyncedEvent : bus::Event<OrderSyncedEvent> {
    std::string order_id;
    std::optional<std::int64_t> invoice_id;
    std::optional<Decimal> principal_amount;
    std::optional<Decimal> net_proceeds;
};
BUS_DESCRIBE_EVENT(OrderSyncedEvent, (order_id, invoice_id, principal_amount, net_proceeds),
                   bus::aggregate_id<&OrderSyncedEvent::order_id>)

/// A step has failed: the order is wrong, or an outside system did not answer after all attempts.
struct OrderFailedEvent : bus::Event<OrderFailedEvent> {
    std::string order_id;
    std::string error_type;    ///< one of a few documented values
    std::string error_message; ///< what is wrong, and where
    std::optional<bus::JsonText> error_details;
    std::string step_failed; ///< the agent whose step has failed
};
BUS_DESCRIBE_EVENT(OrderFailedEvent,
                   (order_id, error_type, error_message, error_details, step_failed),
                   bus::aggregate_id<&OrderFailedEvent::order_id>)

/// A notification was sent, or could not be sent.
struct NotificationSentEvent : bus::Event<NotificationSentEvent> {
    std::string order_id;
    std::string notification_type;
    std::string channel;
    bool success = false;
};
BUS_DESCRIBE_EVENT(NotificationSentEvent, (order_id, notification_type, channel, success),
                   bus::aggregate_id<&NotificationSentEvent::order_id>)

} // namespace demo
