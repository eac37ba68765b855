#pragma once

#include "demo/books/faulty_books.hpp"
#include "demo/events/order_events.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/orders_gateway.hpp"
#include <bus/agent/agent.hpp>

#include <string>

/// The steps of the pipeline, an agent each. A wrong order is an outcome: the step emits
/// OrderFailedEvent and finishes. A broken outside system is a failure: it is retried, and becomes
/// an OrderFailedEvent when it is given up.
///
/// `error_type` of an OrderFailedEvent is a name of OrderError (order_problem.hpp), or one of
/// `gateway_unavailable` (an outside system did not answer in the end), `gateway_unusable` (it
/// cannot be used at all), `step_broken` (the step itself could not deal with the event).
namespace demo {

/// The names of the steps, as agents, and as OrderFailedEvent tells them.
namespace step {
inline constexpr const char* ingest = "ingest";
inline constexpr const char* extract_financials = "extract_financials";
inline constexpr const char* validate = "validate";
inline constexpr const char* save = "save";
inline constexpr const char* invoice = "invoice";
inline constexpr const char* complete = "complete";
} // namespace step

/// Why the extract_financials step puts an order off whose bundle has no financial events yet.
std::string no_financials_yet(const std::string& order_id);

/// What the steps have in common: quick attempts, and how failing is told.
class StepAgent : public bus::Agent {
public:
    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override;

protected:
    explicit StepAgent(const char* name);

    /// Runs what may find the order wrong. False: it was, and that was emitted.
    template <class Work>
    bool checked(const std::string& order_id, bus::Context& context, Work work);

    void refuse(const std::string& order_id, const OrderProblem& problem, bus::Context& context);
};

/// A line of the feed becomes an order.
class IngestStep final : public StepAgent {
public:
    explicit IngestStep(OrdersGateway& orders);

private:
    void ingest(const BundleReceivedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Adds up what the marketplace charged; not there yet is no failure, but waited for.
class ExtractFinancialsStep final : public StepAgent {
public:
    explicit ExtractFinancialsStep(OrdersGateway& orders);

private:
    void extract(const OrderCreatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Holds the order's total and prices against its financials.
class ValidateStep final : public StepAgent {
public:
    explicit ValidateStep(OrdersGateway& orders);

private:
    void check(const FinancialsExtractedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Puts the order into the books.
class SaveStep final : public StepAgent {
public:
    SaveStep(OrdersGateway& orders, FaultyBooks& books);

private:
    void save(const OrderValidatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
    FaultyBooks& books_;
};

/// Writes the order's invoice, or its credit note.
class InvoiceStep final : public StepAgent {
public:
    InvoiceStep(OrdersGateway& orders, FaultyBooks& books);

private:
    void invoice(const OrderSavedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
    FaultyBooks& books_;
};

/// Says that all is done.
class CompleteStep final : public StepAgent {
public:
    explicit CompleteStep(OrdersGateway& orders);

private:
    void complete(const InvoiceCreatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

} // namespace demo
