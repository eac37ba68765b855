// The smallest program: describe an event, subscribe, publish.
#include <bus/bus.hpp>

#include <iostream>

struct UserCreatedEvent : bus::Event<UserCreatedEvent> {
    std::string name;
};
BUS_DESCRIBE_EVENT(UserCreatedEvent, (name))

int main() {
    bus::Bus bus;
    const auto greeter = bus.subscribe<UserCreatedEvent>(
        [](const UserCreatedEvent& event) { std::cout << "Hello, " << event.name << "!\n"; });
    bus.publish(UserCreatedEvent{{}, "Ada"});
}
