// Observers watch the bus through Boost.Signals2, and can change nothing.
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <iostream>
#include <stdexcept>

struct LampSwitchedEvent : bus::Event<LampSwitchedEvent> {
    std::string room;
    bool on = false;
};
BUS_DESCRIBE_EVENT(LampSwitchedEvent, (room, on))

struct DoorOpenedEvent : bus::Event<DoorOpenedEvent> {
    std::string door;
};
BUS_DESCRIBE_EVENT(DoorOpenedEvent, (door))

int main() {
    // tag::observe[]
    bus::Bus bus;
    bus::Observers observers{bus};
    observers.published.connect([](const bus::DomainEvent& event) {
        std::cout << "published " << event.event_type() << '\n';
    });
    // end::observe[]
    observers.failed.connect(
        [](const bus::DomainEvent& event, std::string_view /*by*/, const bus::Failure& failure) {
            std::cout << "failed    " << event.event_type() << ": " << failure.what() << '\n';
        });
    observers.unhandled.connect([](const bus::DomainEvent& event) {
        std::cout << "unhandled " << event.event_type() << '\n';
    });
    observers.trouble.connect(
        [](std::string_view what) { std::cout << "trouble   " << what << '\n'; });

    const auto lamp = bus.subscribe<LampSwitchedEvent>([](const LampSwitchedEvent& event) {
        if (event.on) {
            throw std::runtime_error{"the bulb in the " + event.room + " is broken"};
        }
    });
    bus.publish(LampSwitchedEvent{{}, "kitchen", true});
    {
        // Connections are Signals2's own: this one ends with its scope.
        const boost::signals2::scoped_connection broken_meter = observers.published.connect(
            [](const bus::DomainEvent&) { throw std::runtime_error{"no power"}; });
        bus.publish(LampSwitchedEvent{{}, "kitchen", false});
    }
    bus.publish(DoorOpenedEvent{{}, "front"});
}
