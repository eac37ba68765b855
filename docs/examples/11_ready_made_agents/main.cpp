// The three agents that come with libbus, around one step of an order pipeline, in virtual time.
#include <agents/control/control_agent.hpp>
#include <agents/control/control_view.hpp>
#include <agents/notification/channel.hpp>
#include <agents/notification/notification_agent.hpp>
#include <agents/retry/events.hpp>
#include <agents/retry/retry_agent.hpp>
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <iostream>

struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id), bus::aggregate_id<&OrderCreatedEvent::order_id>)

struct OrderSavedEvent : bus::Event<OrderSavedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderSavedEvent, (order_id), bus::aggregate_id<&OrderSavedEvent::order_id>)

struct OrderFailedEvent : bus::Event<OrderFailedEvent> {
    std::string order_id;
    std::string step;
    std::string message;
};
BUS_DESCRIBE_EVENT(OrderFailedEvent, (order_id, step, message),
                   bus::aggregate_id<&OrderFailedEvent::order_id>)

struct NotificationSentEvent : bus::Event<NotificationSentEvent> {
    std::string order_id;
    std::string channel;
    bool success = false;
};
BUS_DESCRIBE_EVENT(NotificationSentEvent, (order_id, channel, success))

/// Saves orders, as long as the disk is not full.
class Saver : public bus::Agent {
public:
    explicit Saver(const bool& disk_full) : Agent{"save"} {
        on<OrderCreatedEvent>([&disk_full](const OrderCreatedEvent& event, bus::Context& context) {
            if (disk_full) {
                throw bus::Failure::transient("the disk is full");
            }
            context.publish(OrderSavedEvent{{}, event.order_id});
        }).emits<OrderSavedEvent>();
        emits_on_giving_up<OrderFailedEvent>();
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override {
        const std::string order_id{event.aggregate_id()};
        context.publish(OrderFailedEvent{{}, order_id, name(), failure.what()});
    }
};

// tag::channel[]
class Printer : public bus::agents::Channel {
public:
    Printer() : Channel{"printer"} {}

    void send(const bus::agents::Message& message) override { std::cout << message.text << '\n'; }
};

// end::channel[]

int main() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.runtime = runtime, .store = store}};
    bool disk_full = false;
    bus.emplace<Saver>(disk_full);

    // tag::control[]
    bus::agents::Workflow workflow{"order"};
    workflow.step<OrderCreatedEvent>("create")
        .step<OrderSavedEvent>("save", std::chrono::minutes{5})
        .completes<OrderSavedEvent>()
        .fails<OrderFailedEvent>([](const OrderFailedEvent& event) {
            return bus::agents::StepFailure{event.step, event.message};
        })
        .resumes<bus::agents::RedriveRequestedEvent>();
    bus.emplace<bus::agents::ControlAgent>("control", workflow);
    // end::control[]

    // tag::notification[]
    bus::agents::NotificationOptions options;
    options.channels.push_back(std::make_unique<Printer>());
    options.rules.push_back(
        bus::agents::rule<OrderSavedEvent>("saved", "printer", "Order {{data.order_id}} is saved"));
    options.rules.push_back(bus::agents::rule<OrderFailedEvent>(
        "failed", "printer",
        [](const OrderFailedEvent& event) { return event.order_id + ": " + event.message; },
        [](const OrderFailedEvent& event) { return event.step != "test"; }));
    options.sent = bus::agents::SentBinding::of<NotificationSentEvent>(
        [](const bus::agents::Message& message, bool success) {
            return NotificationSentEvent{{}, message.aggregate_id, message.channel, success};
        });
    bus.emplace<bus::agents::NotificationAgent>("notification", std::move(options));
    // end::notification[]

    // tag::retry[]
    bus.emplace<bus::agents::RetryAgent>(
        "retry", std::vector{bus::agents::FailureBinding::of<OrderFailedEvent>(
                     [](const OrderFailedEvent& event) {
                         return bus::agents::FailedDelivery{event.step, event.causation_id};
                     })});
    // end::retry[]

    for (const char* order_id : {"order-1", "order-2"}) {
        disk_full = order_id == std::string_view{"order-2"};
        OrderCreatedEvent order{{}, order_id};
        order.execution_id = "exec of " + order.order_id;
        bus.publish(order);
        runtime->run_for(std::chrono::seconds{40});
    }
    // tag::view[]
    const bus::agents::ControlView view{*store, "control", workflow};
    const auto order_2 = view.execution("exec of order-2"); // how one stands
    const auto late = view.overdue(runtime->now());         // the longest overdue first
    const auto counts = view.counts();                      // by outcome, and by step
    // end::view[]
    std::cout << "in step " << order_2.value().step << ", " << late.size() << " overdue, "
              << counts.failed << " failed\n";

    disk_full = false;
    runtime->run_until_idle(); // the retry agent redrives it after its backoff
    std::cout << view.counts().completed << " completed\n";
}
