// An agent with parallel workers, what stays in order all the same, and timers that it cancels.
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <iostream>
#include <map>
#include <memory>

using namespace std::chrono_literals;

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id), bus::aggregate_id<&OrderPlacedEvent::order_id>)

struct OrderPaidEvent : bus::Event<OrderPaidEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPaidEvent, (order_id), bus::aggregate_id<&OrderPaidEvent::order_id>)

struct ReminderDueEvent : bus::Event<ReminderDueEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(ReminderDueEvent, (order_id), bus::aggregate_id<&ReminderDueEvent::order_id>)

/// Reminds of what is not paid within a day.
class Dunning : public bus::Agent {
public:
    Dunning() : Agent{"dunning"} {
        on<OrderPlacedEvent>(&Dunning::placed).emits<ReminderDueEvent>();
        on<OrderPaidEvent>(&Dunning::paid);
        on<ReminderDueEvent>(
            [](const ReminderDueEvent& event) { std::cout << event.order_id << " is not paid\n"; });
    }

private:
    // tag::timers[]
    void placed(const OrderPlacedEvent& order, bus::Context& context) {
        reminders_[order.order_id] = context.schedule(24h, ReminderDueEvent{{}, order.order_id});
    }

    void paid(const OrderPaidEvent& order, bus::Context& context) {
        context.cancel(reminders_[order.order_id]);
    }

    // end::timers[]

    std::map<std::string, bus::TimerHandle> reminders_;
};

/// Counts what each customer did, in order; two customers at the same time.
class Ledger : public bus::Agent {
public:
    Ledger() : Agent{"ledger"} {
        // tag::sequences[]
        settings().workers = 4; // up to four steps at the same time
        settings().sequence =   // and in order what one customer does
            bus::Sequence::by([](const bus::DomainEvent& event) { return event.user_id; });
        // end::sequences[]
        on<bus::DomainEvent>([](const bus::DomainEvent& event, bus::Context& context) {
            const int count = context.state<int>(event.user_id).value_or(0) + 1;
            context.set_state(event.user_id, count);
            std::cout << event.user_id << " " << count << ": " << event.event_type() << "\n";
        });
    }
};

int main() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    {
        bus::Bus bus{{.runtime = runtime}};
        bus.emplace<Dunning>();
        bus.publish(OrderPlacedEvent{{}, "A-1"});
        bus.publish(OrderPlacedEvent{{}, "A-2"});
        runtime->run_for(1h);
        bus.publish(OrderPaidEvent{{}, "A-1"});
        runtime->run_for(48h);
    }
    bus::Bus bus{{.runtime = runtime}};
    bus.emplace<Ledger>();
    OrderPlacedEvent placed{{}, "A-3"};
    placed.user_id = "ada";
    bus.publish(placed);
    bus.publish(bus::derive<OrderPaidEvent>(placed, "A-3"));
    runtime->run_until_idle();
}
