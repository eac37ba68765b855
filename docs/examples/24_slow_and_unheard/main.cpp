// Agents with slow steps have threads of their own, what goes wrong does not go unheard, and who
// traces a program sees how long its steps take.
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>

using namespace std::chrono_literals;

struct MailWantedEvent : bus::Event<MailWantedEvent> {
    std::string address;
};
BUS_DESCRIBE_EVENT(MailWantedEvent, (address))

/// Each of its steps waits for a server.
class Mailer : public bus::Agent {
public:
    Mailer() : Agent{"mailer"} {
        // tag::pool[]
        settings().pool = {"mail", 4}; // four threads; all agents that name "mail" share them
        // end::pool[]
        settings().retry.max_attempts = 2;
        on<MailWantedEvent>([](const MailWantedEvent& mail, bus::Context&) {
            throw std::runtime_error{"no answer from the server of " + mail.address};
        });
    }
};

struct OrderPlacedEvent : bus::Event<OrderPlacedEvent> {
    std::string order_id;
};
BUS_DESCRIBE_EVENT(OrderPlacedEvent, (order_id))

namespace {

thread_local std::string tenant; // NOLINT: what the program's logs name

/// Names the tenant on this thread while it is in scope.
struct TenantScope {
    explicit TenantScope(const std::string& name) { tenant = name; }

    TenantScope(const TenantScope&) = delete;
    TenantScope& operator=(const TenantScope&) = delete;

    ~TenantScope() { tenant.clear(); }
};

} // namespace

class Stock : public bus::Agent {
public:
    Stock() : Agent{"stock"} {
        on<OrderPlacedEvent>([](const OrderPlacedEvent& order, bus::Context&) {
            std::cout << tenant << " orders " << order.order_id << '\n';
        });
    }
};

int main() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(); // it has one thread for all
    // tag::unheard[]
    bus::BusOptions options{.runtime = runtime};
    options.unheard = [](std::string_view line) { std::cout << line.substr(0, 33) << "...\n"; };
    // end::unheard[]
    // tag::around[]
    options.around_steps = [](const bus::StepInfo& step, const bus::RunStep& run) {
        const TenantScope scope{step.event.user_id};
        if (const bus::Failure* failure = run()) { // else it has succeeded
            std::cout << step.agent << ", attempt " << step.attempt << ": " << failure->what()
                      << '\n';
        }
    };
    // end::around[]
    bus::Bus bus{options};
    bus.emplace<Mailer>();
    bus.publish(MailWantedEvent{{}, "ada@example.com"});
    runtime->run_until_idle();

    bus.emplace<Stock>();
    bus::Observers observers{bus};
    // tag::handled[]
    observers.handled.connect([](const bus::DomainEvent& event, const bus::Handled& handled) {
        std::cout << handled.by << " took " << handled.duration.count() << " us for "
                  << event.event_type() << ", attempt " << handled.attempt << '\n';
    });
    // end::handled[]
    OrderPlacedEvent order{{}, "A-1"};
    order.user_id = "ada";
    bus.publish(order);
    runtime->run_until_idle();
    // tag::status[]
    for (const bus::AgentStatus& agent : bus.status()) {
        std::cout << agent.name << ": " << agent.lag << " behind\n";
    }
    // end::status[]
}
