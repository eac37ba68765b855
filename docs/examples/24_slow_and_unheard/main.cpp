// Agents with slow steps have threads of their own, and what goes wrong does not go unheard.
#include <bus/bus.hpp>
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

int main() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(); // it has one thread for all
    // tag::unheard[]
    bus::BusOptions options{.runtime = runtime};
    options.unheard = [](std::string_view line) { std::cout << line.substr(0, 33) << "...\n"; };
    bus::Bus bus{options};
    // end::unheard[]
    bus.emplace<Mailer>();
    bus.publish(MailWantedEvent{{}, "ada@example.com"});
    runtime->run_until_idle();
}
