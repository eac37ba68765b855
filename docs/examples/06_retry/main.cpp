// A step that fails: tried again as the agent's policy says, then given up with a dead letter. In
// virtual time, so that an hour of waiting takes no time at all.
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <iostream>

using namespace std::chrono_literals;

struct MailWantedEvent : bus::Event<MailWantedEvent> {
    std::string address;
};
BUS_DESCRIBE_EVENT(MailWantedEvent, (address))

struct MailFailedEvent : bus::Event<MailFailedEvent> {
    std::string address;
    std::string why;
};
BUS_DESCRIBE_EVENT(MailFailedEvent, (address, why))

/// Sends mail over a line that is down more often than not.
class Mailer : public bus::Agent {
public:
    Mailer() : Agent{"mailer"} {
        // tag::giving_up[]
        settings().retry = {.max_attempts = 3,
                            .initial_delay = 1min,
                            .factor = 10.0,
                            .max_delay = 1h,
                            .jitter = 0.0};
        on<MailWantedEvent>(&Mailer::send);
        emits_on_giving_up<MailFailedEvent>();
        // end::giving_up[]
    }

private:
    void send(const MailWantedEvent& mail, bus::Context& context) {
        std::cout << context.now().time_since_epoch() / 1s % 86400 << " s: attempt "
                  << context.attempt() << " for " << mail.address << '\n';
        if (mail.address == "nobody") {
            throw bus::Failure::rejected("no such address"); // trying again is of no use
        }
        if (mail.address == "ada" && context.attempt() == 2) {
            return; // sent
        }
        throw bus::Failure::transient("the line is down");
    }

    // tag::giving_up[]
    /// What is published here commits together with the dead letter.
    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override {
        const auto& mail = static_cast<const MailWantedEvent&>(event);
        context.publish(MailFailedEvent{{}, mail.address, failure.what()});
    }

    // end::giving_up[]
};

int main() {
    // tag::virtual_time[]
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus bus{{.runtime = runtime, .store = store}};
    // end::virtual_time[]
    bus.emplace<Mailer>();
    const auto printer = bus.subscribe<MailFailedEvent>([](const MailFailedEvent& event) {
        std::cout << "given up: " << event.address << ", " << event.why << '\n';
    });
    for (const char* address : {"ada", "bob", "nobody"}) {
        bus.publish(MailWantedEvent{{}, address});
        bus.wait_idle(); // one after the other, so that the output has an order
    }
    runtime->run_until_idle();

    for (const bus::DeliveryRecord& dead : store->deliveries("mailer", bus::DeliveryState::dead)) {
        std::cout << "dead letter: event " << dead.position << ", " << dead.attempts.size()
                  << " attempts, the last one " << bus::to_text(dead.attempts.back().kind) << '\n';
    }
}
