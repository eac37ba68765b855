#include "demo/pipeline/steps.hpp"

#include <bus/event/timestamp.hpp>

#include <boost/describe/class.hpp>

#include <chrono>

namespace demo {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// After this time the step asks again for financial events that the marketplace did not have. It
/// can take two days until it has them.
constexpr hours ask_again{1};

/// The contents of OrderFailedEvent::error_details for a wrong order.
struct ProblemDetails {
    std::string path;
};
BOOST_DESCRIBE_STRUCT(ProblemDetails, (), (path))

/// The order id of an event: it is the aggregate id of all events here.
std::string order_of(const bus::DomainEvent& event) {
    return std::string{event.aggregate_id()};
}

std::string error_type_of(const bus::Failure& failure) {
    switch (failure.kind()) {
    case bus::FailureKind::rejected: return "gateway_unusable";
    case bus::FailureKind::poison: return "step_broken";
    default: return "gateway_unavailable";
    }
}

int attempt_of(const bus::Context& context) {
    return static_cast<int>(context.attempt());
}

/// Calls the books, and turns their errors into failures of the bus. If they refuse the order, the
/// order is wrong: throws OrderProblem.
template <class Call>
auto ask_books(Call call) {
    try {
        return call();
    } catch (const BooksUnavailable& error) {
        throw bus::Failure::transient(error.what());
    } catch (const BooksUnusable& error) {
        throw bus::Failure::rejected(error.what());
    } catch (const BooksRefused& error) {
        throw OrderProblem{OrderError::gateway_refused, "", error.what()};
    }
}

/// The day on which the order was purchased. Its year names the number series of the invoice, and
/// it is the same in every attempt.
std::chrono::year_month_day purchase_day(const Bundle& bundle) {
    const auto time = bus::try_parse_timestamp(bundle.purchase_date);
    if (!time) {
        throw OrderProblem{OrderError::invalid_member, "order.PurchaseDate",
                           "expected a date-time as in RFC 3339, found " +
                               demo::quoted(bundle.purchase_date)};
    }
    return std::chrono::floor<std::chrono::days>(*time);
}

LineKind line_kind(EntryKind kind) {
    switch (kind) {
    case EntryKind::fee: return LineKind::fee;
    case EntryKind::promotion: return LineKind::promotion;
    case EntryKind::charge: break;
    }
    return LineKind::charge;
}

} // namespace

std::string no_financials_yet(const std::string& order_id) {
    return "order " + order_id + ": the marketplace has no financial events yet";
}

StepAgent::StepAgent(const char* name) : Agent{name} {
    // The demo's outside systems are fast, so the delays are short.
    settings().retry = {.max_attempts = 5,
                        .initial_delay = milliseconds{10},
                        .factor = 3.0,
                        .max_delay = milliseconds{1000},
                        .jitter = 0.5};
    emits_on_giving_up<OrderFailedEvent>();
}

void StepAgent::on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                            bus::Context& context) {
    context.publish(OrderFailedEvent{
        {}, order_of(event), error_type_of(failure), failure.what(), std::nullopt, name()});
}

void StepAgent::refuse(const std::string& order_id, const OrderProblem& problem,
                       bus::Context& context) {
    std::optional<bus::JsonText> details;
    if (!problem.path().empty()) {
        details = bus::JsonText{bus::to_json_text(ProblemDetails{std::string{problem.path()}})};
    }
    context.publish(OrderFailedEvent{{},
                                     order_id,
                                     std::string{problem.error_type()},
                                     problem.what(),
                                     std::move(details),
                                     name()});
}

template <class Work>
bool StepAgent::checked(const std::string& order_id, bus::Context& context, Work work) {
    try {
        work();
        return true;
    } catch (const OrderProblem& problem) {
        refuse(order_id, problem, context);
        return false;
    }
}

IngestStep::IngestStep(OrdersGateway& orders) : StepAgent{step::ingest}, orders_{orders} {
    on<BundleReceivedEvent>(&IngestStep::ingest).emits<OrderCreatedEvent, OrderFailedEvent>();
}

void IngestStep::ingest(const BundleReceivedEvent& event, bus::Context& context) {
    const auto bundle = orders_.bundle(event.order_id);
    if (bundle->ingest_problem) {
        refuse(event.order_id, *bundle->ingest_problem, context);
        return;
    }
    checked(event.order_id, context, [&] {
        purchase_day(*bundle);
        context.publish(OrderCreatedEvent{
            {}, event.order_id, bundle->sales_channel, bundle->buyer_email, bundle->purchase_date});
    });
}

ExtractFinancialsStep::ExtractFinancialsStep(OrdersGateway& orders)
    : StepAgent{step::extract_financials}, orders_{orders} {
    on<OrderCreatedEvent>(&ExtractFinancialsStep::extract)
        .emits<FinancialsExtractedEvent, OrderFailedEvent>();
}

void ExtractFinancialsStep::extract(const OrderCreatedEvent& event, bus::Context& context) {
    const auto bundle = orders_.bundle(event.order_id);
    checked(event.order_id, context, [&] {
        const std::optional<Financials> financials = extract_financials(*bundle);
        if (!financials) {
            throw bus::Failure::not_ready(no_financials_yet(event.order_id),
                                          bus::Duration{ask_again});
        }
        context.publish(
            FinancialsExtractedEvent{{},
                                     event.order_id,
                                     financials->principal,
                                     financials->currency,
                                     financials->net,
                                     static_cast<std::int64_t>(financials->lines.size())});
    });
}

ValidateStep::ValidateStep(OrdersGateway& orders) : StepAgent{step::validate}, orders_{orders} {
    on<FinancialsExtractedEvent>(&ValidateStep::check)
        .emits<OrderValidatedEvent, OrderFailedEvent>();
}

void ValidateStep::check(const FinancialsExtractedEvent& event, bus::Context& context) {
    const auto bundle = orders_.bundle(event.order_id);
    const Financials financials = orders_.financials(event.order_id);
    try {
        demo::validate(*bundle, financials);
        context.publish(OrderValidatedEvent{{}, event.order_id, true, ""});
    } catch (const OrderProblem& problem) {
        context.publish(OrderValidatedEvent{{}, event.order_id, false, problem.what()});
        refuse(event.order_id, problem, context);
    }
}

SaveStep::SaveStep(OrdersGateway& orders, FaultyBooks& books)
    : StepAgent{step::save}, orders_{orders}, books_{books} {
    on<OrderValidatedEvent>(&SaveStep::save).emits<OrderSavedEvent, OrderFailedEvent>();
}

void SaveStep::save(const OrderValidatedEvent& event, bus::Context& context) {
    if (!event.validation_passed) {
        return;
    }
    const auto bundle = orders_.bundle(event.order_id);
    const Financials financials = orders_.financials(event.order_id);
    checked(event.order_id, context, [&] {
        const OrderEntry entry{.order_id = event.order_id,
                               .marketplace = bundle->sales_channel,
                               .buyer_email = bundle->buyer_email,
                               .purchase_date = bundle->purchase_date,
                               .currency = financials.currency,
                               .principal_amount = financials.principal,
                               .net_proceeds = financials.net,
                               .financial_lines_count =
                                   static_cast<std::int64_t>(financials.lines.size())};
        const Saved saved =
            ask_books([&] { return books_.save_order(entry, attempt_of(context)); });
        context.publish(OrderSavedEvent{{}, event.order_id, saved.database_id});
    });
}

InvoiceStep::InvoiceStep(OrdersGateway& orders, FaultyBooks& books)
    : StepAgent{step::invoice}, orders_{orders}, books_{books} {
    on<OrderSavedEvent>(&InvoiceStep::invoice).emits<InvoiceCreatedEvent, OrderFailedEvent>();
}

void InvoiceStep::invoice(const OrderSavedEvent& event, bus::Context& context) {
    const auto bundle = orders_.bundle(event.order_id);
    const Financials financials = orders_.financials(event.order_id);
    checked(event.order_id, context, [&] {
        InvoiceRequest request{.order_id = event.order_id,
                               .idempotency_key = context.idempotency_key("invoice"),
                               .invoice_date = purchase_day(*bundle),
                               .currency = financials.currency,
                               .order_total = Decimal::parse(bundle->total->text),
                               .net_proceeds = financials.net,
                               .lines = {}};
        for (const FinancialLine& line : financials.lines) {
            request.lines.push_back({line_kind(line.kind), line.type, line.amount});
        }
        const Invoice invoice =
            ask_books([&] { return books_.create_invoice(request, attempt_of(context)); });
        context.publish(InvoiceCreatedEvent{{},
                                            event.order_id,
                                            invoice.invoice_id,
                                            invoice.partner_id,
                                            static_cast<std::int64_t>(request.lines.size())});
    });
}

CompleteStep::CompleteStep(OrdersGateway& orders) : StepAgent{step::complete}, orders_{orders} {
    on<InvoiceCreatedEvent>(&CompleteStep::complete).emits<OrderSyncedEvent>();
}

void CompleteStep::complete(const InvoiceCreatedEvent& event, bus::Context& context) {
    const Financials financials = orders_.financials(event.order_id);
    context.publish(OrderSyncedEvent{
        {}, event.order_id, event.invoice_id, financials.principal, financials.net});
}

} // namespace demo
