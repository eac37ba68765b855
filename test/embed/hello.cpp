// The smallest program of an embedder: one event, one handler, one publish.
#include <bus/bus.hpp>

#include <cstdio>
#include <string>

struct HelloEvent : bus::Event<HelloEvent> {
    std::string name;
};
BUS_DESCRIBE_EVENT(HelloEvent, (name))

int main() {
    std::string greeted;
    bus::Bus bus;
    const auto subscription =
        bus.subscribe<HelloEvent>([&greeted](const HelloEvent& event) { greeted = event.name; });

    bus.publish(HelloEvent{{}, "world"});

    std::printf("hello, %s\n", greeted.c_str());
    return greeted == "world" ? 0 : 1;
}
