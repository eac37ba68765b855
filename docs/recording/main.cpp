// Makes the store that docs/record shows: a small shop in virtual time, whose ERP was away for a
// while. The same store, to the last identifier, each time.
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
    std::string total;
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, total),
                   bus::aggregate_id<&OrderCreatedEvent::order_id>)

struct OrderValidatedEvent : bus::Event<OrderValidatedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderValidatedEvent, (order_id),
                   bus::aggregate_id<&OrderValidatedEvent::order_id>)

struct OrderSavedEvent : bus::Event<OrderSavedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderSavedEvent, (order_id), bus::aggregate_id<&OrderSavedEvent::order_id>)

struct OrderPackedEvent : bus::Event<OrderPackedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPackedEvent, (order_id), bus::aggregate_id<&OrderPackedEvent::order_id>)

struct InvoiceCreatedEvent : bus::Event<InvoiceCreatedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(InvoiceCreatedEvent, (order_id),
                   bus::aggregate_id<&InvoiceCreatedEvent::order_id>)

/// An agent whose steps take some of the virtual time: it is ready a while after the event.
class Clerk : public bus::Agent {
public:
    Clerk(std::string name, bus::Duration takes) : Agent{std::move(name)}, takes_{takes} {
        settings().retry = {.max_attempts = 3,
                            .initial_delay = 200ms,
                            .factor = 2.0,
                            .max_delay = 1h,
                            .jitter = 0.0};
    }

protected:
    /// The first time an order comes, it takes its time.
    void work(const std::string& order_id, bus::Context& context) {
        if (seen_.insert(order_id).second) {
            throw bus::Failure::not_ready("at work", context.now() + takes_);
        }
    }

private:
    bus::Duration takes_;
    std::set<std::string> seen_;
};

class Validator : public Clerk {
public:
    Validator() : Clerk{"validate", 3ms} {
        on<OrderCreatedEvent>(&Validator::validate).emits<OrderValidatedEvent>();
    }

private:
    void validate(const OrderCreatedEvent& event, bus::Context& context) {
        work(event.order_id, context);
        context.publish(OrderValidatedEvent{{}, event.order_id});
    }
};

class Saver : public Clerk {
public:
    Saver() : Clerk{"save", 14ms} {
        on<OrderValidatedEvent>(&Saver::save).emits<OrderSavedEvent, OrderPackedEvent>();
    }

private:
    void save(const OrderValidatedEvent& event, bus::Context& context) {
        work(event.order_id, context);
        context.publish(OrderSavedEvent{{}, event.order_id});
        context.publish(OrderPackedEvent{{}, event.order_id});
    }
};

class Invoicer : public Clerk {
public:
    Invoicer() : Clerk{"invoice", 31ms} {
        on<OrderSavedEvent>(&Invoicer::invoice).emits<InvoiceCreatedEvent>();
        on<OrderPackedEvent>([](const OrderPackedEvent&, bus::Context&) {});
    }

private:
    void invoice(const OrderSavedEvent& event, bus::Context& context) {
        if (event.order_id == "4712" || event.order_id == "4715" || event.order_id == "4716") {
            throw bus::Failure::transient("ERP: connection refused");
        }
        if (event.order_id == "4713") {
            throw bus::Failure::rejected("ERP: VAT id DE-000 is not valid");
        }
        work(event.order_id, context);
        context.publish(InvoiceCreatedEvent{{}, event.order_id});
    }
};

void fill(const std::string& path) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(5, bus::Timestamp{1'795'424'400s});
    bus::Bus bus{{runtime, bus::SqliteStore::open({.path = path})}};
    bus.emplace<Validator>();
    bus.emplace<Saver>();
    bus.emplace<Invoicer>();
    for (const char* order : {"4711", "4712", "4713", "4714", "4715", "4716"}) {
        OrderCreatedEvent created{{}, order, "49.90 EUR"};
        created.execution_id = "order-" + created.order_id;
        created.user_id = "shop";
        bus.publish(created);
        runtime->run_for(1500ms);
    }
    runtime->run_for(10s);
    bus.stop(bus::Stop::drain);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: recorded_store PATH   (a file that is not there yet)\n";
        return 2;
    }
    fill(argv[1]);
}
