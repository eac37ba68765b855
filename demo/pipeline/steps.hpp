#pragma once

#include "demo/books/faulty_books.hpp"
#include "demo/events/order_events.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/orders_gateway.hpp"
#include <bus/agent/agent.hpp>

#include <string>

/// The steps of the pipeline. Each step is an agent. If the order is wrong, this is an outcome: the
/// step emits OrderFailedEvent and finishes. If an outside system is broken, this is a failure: the
/// step is retried, and emits an OrderFailedEvent when it is given up.
///
/// `error_type` of an OrderFailedEvent is a name of OrderError (order_problem.hpp), or one of
/// `gateway_unavailable` (an outside system did not answer after all attempts), `gateway_unusable`
/// (it cannot be used at all), `step_broken` (the step itself could not handle the event).
namespace demo {

/// The names of the steps: of their agents, and in OrderFailedEvent.
namespace step {
inline constexpr const char* ingest = "ingest";
inline constexpr const char* extract_financials = "extract_financials";
inline constexpr const char* validate = "validate";
inline constexpr const char* save = "save";
inline constexpr const char* invoice = "invoice";
inline constexpr const char* complete = "complete";
} // namespace step

/// The message with which extract_financials defers an order that has no financial events yet.
std::string no_financials_yet(const std::string& order_id);

/// What the steps have in common: quick attempts, and OrderFailedEvent when they are given up.
class StepAgent : public bus::Agent {
public:
    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override;

protected:
    explicit StepAgent(const char* name);

    /// Runs work that may find the order wrong. If so, emits OrderFailedEvent and returns false.
    template <class Work>
    bool checked(const std::string& order_id, bus::Context& context, Work work);

    void refuse(const std::string& order_id, const OrderProblem& problem, bus::Context& context);
};

/// Turns a line of the feed into an order.
class IngestStep final : public StepAgent {
public:
    explicit IngestStep(OrdersGateway& orders);

private:
    void ingest(const BundleReceivedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Adds up the financials of an order. If there are none yet, this is not a failure: the step waits
/// for them.
class ExtractFinancialsStep final : public StepAgent {
public:
    explicit ExtractFinancialsStep(OrdersGateway& orders);

private:
    void extract(const OrderCreatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Compares the order's total and prices with its financials.
class ValidateStep final : public StepAgent {
public:
    explicit ValidateStep(OrdersGateway& orders);

private:
    void check(const FinancialsExtractedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

/// Saves the order in the books.
class SaveStep final : public StepAgent {
public:
    SaveStep(OrdersGateway& orders, FaultyBooks& books);

private:
    void save(const OrderValidatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
    FaultyBooks& books_;
};

/// Creates the order's invoice or credit note in the books.
class InvoiceStep final : public StepAgent {
public:
    InvoiceStep(OrdersGateway& orders, FaultyBooks& books);

private:
    void invoice(const OrderSavedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
    FaultyBooks& books_;
};

/// Emits the event that the order has gone through all steps.
class CompleteStep final : public StepAgent {
public:
    explicit CompleteStep(OrdersGateway& orders);

private:
    void complete(const InvoiceCreatedEvent& event, bus::Context& context);
    OrdersGateway& orders_;
};

} // namespace demo
