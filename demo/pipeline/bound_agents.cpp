#include "demo/pipeline/bound_agents.hpp"

#include "demo/events/order_events.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/report.hpp"
#include "demo/pipeline/steps.hpp"
#include <agents/control/control_agent.hpp>
#include <agents/notification/log_channel.hpp>
#include <agents/notification/notification_agent.hpp>
#include <agents/retry/events.hpp>
#include <agents/retry/retry_agent.hpp>

namespace demo {

namespace {

using bus::agents::FailedDelivery;
using bus::agents::Message;
using bus::agents::StepFailure;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

} // namespace

bus::agents::Workflow order_workflow() {
    bus::agents::Workflow workflow{"order"};
    workflow.step<BundleReceivedEvent>("receive")
        .step<OrderCreatedEvent>(step::ingest, minutes{1})
        .step<FinancialsExtractedEvent>(step::extract_financials, hours{48})
        .step<OrderValidatedEvent>(step::validate, minutes{1})
        .step<OrderSavedEvent>(step::save, minutes{5})
        .step<InvoiceCreatedEvent>(step::invoice, minutes{5})
        .step<OrderSyncedEvent>(step::complete, minutes{1})
        .completes<OrderSyncedEvent>()
        .fails<OrderFailedEvent>([](const OrderFailedEvent& event) {
            return StepFailure{event.step_failed, event.error_message};
        })
        .resumes<bus::agents::RedriveRequestedEvent>();
    return workflow;
}

std::unique_ptr<bus::Agent> control_agent() {
    return std::make_unique<bus::agents::ControlAgent>(control_agent_name, order_workflow());
}

std::unique_ptr<bus::Agent> notification_agent(const std::filesystem::path& log) {
    bus::agents::NotificationOptions options;
    try {
        options.channels.push_back(std::make_unique<bus::agents::LogChannel>("log", log));
    } catch (const std::runtime_error& error) {
        throw ReportError{std::string{"notifications: "} + error.what()};
    }
    options.rules.push_back(bus::agents::rule<OrderFailedEvent>(
        "order_failed", "log",
        "Order {{data.order_id}} failed at {{data.step_failed}}: {{data.error_message}}"));
    options.sent = bus::agents::SentBinding::of<NotificationSentEvent>(
        [](const Message& message, bool success) {
            return NotificationSentEvent{
                {}, message.aggregate_id, message.notification_type, message.channel, success};
        });
    auto agent =
        std::make_unique<bus::agents::NotificationAgent>("notification", std::move(options));
    agent->settings().retry = {.max_attempts = 5,
                               .initial_delay = milliseconds{10},
                               .factor = 3.0,
                               .max_delay = milliseconds{1000},
                               .jitter = 0.5};
    return agent;
}

std::unique_ptr<bus::Agent> retry_agent() {
    std::vector<bus::agents::FailureBinding> bindings;
    bindings.push_back(bus::agents::FailureBinding::of<OrderFailedEvent>(
        [](const OrderFailedEvent& event) -> std::optional<FailedDelivery> {
            return FailedDelivery{event.step_failed, event.causation_id};
        }));
    return std::make_unique<bus::agents::RetryAgent>(
        "retry", std::move(bindings),
        bus::agents::RetryOptions{.rounds = 3,
                                  .initial_backoff = milliseconds{100},
                                  .factor = 3.0,
                                  .max_backoff = milliseconds{1000},
                                  .jitter = 0.2});
}

} // namespace demo
