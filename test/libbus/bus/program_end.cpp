// A program whose end ends_of_programs.cpp watches. Its argument says how it ends.
#include "test/support/bus_events.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/memory_store.hpp>

#include "program_end_bus.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

using test::ping;
using test::PingEvent;
using test::PongEvent;

namespace {

bool speaks_at_the_end = false;

/// Publishes, and writes and reads an event, in the destructor of a static.
struct Late {
    Late() = default;
    Late(const Late&) = delete;
    Late& operator=(const Late&) = delete;

    ~Late() {
        if (!speaks_at_the_end) {
            return;
        }
        try {
            const std::string json = bus::to_json(ping("written at the end"));
            std::cout << "read: " << bus::from_json<PingEvent>(json).name << '\n';
            const auto report = the_bus().publish(ping("late"));
            std::cout << "late: handled by " << report.handlers.handled << '\n';
        } catch (const std::exception& error) {
            std::cout << "late: " << error.what() << '\n';
        }
    }
};

const Late late;

struct Exiting : bus::Agent {
    Exiting() : Agent{"exiting"} {
        on<PingEvent>([](const PingEvent&, bus::Context&) { std::exit(3); });
    }
};

struct Idle : bus::Agent {
    Idle() : Agent{"idle"} {
        on<PingEvent>([](const PingEvent&, bus::Context&) {});
    }
};

void wait_for_ever() {
    for (;;) {
        pause();
    }
}

void publish_from_detached_threads() {
    the_bus().subscribe<PingEvent>([](const PingEvent&) {}).release();
    the_bus().subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {}).release();
    static std::latch begun{3};
    for (int i = 0; i < 3; ++i) {
        std::thread{[] {
            the_bus().publish(ping("a"));
            begun.count_down();
            for (;;) {
                the_bus().publish(ping("b"));
            }
        }}.detach();
    }
    begun.wait();
}

/// Threads that nobody joins post and schedule until the end of the program, or until the bus
/// refuses it.
void post_from_detached_threads(bus::Bus& bus) {
    static std::latch begun{3};
    for (int i = 0; i < 3; ++i) {
        std::thread{[&bus, i] {
            begun.count_down();
            for (;;) {
                try {
                    if (i == 0) {
                        bus.schedule(std::chrono::hours{1}, ping("never"));
                    } else {
                        bus.post(ping("a"));
                    }
                } catch (const std::logic_error&) {
                    std::this_thread::yield();
                }
            }
        }}.detach();
    }
    begun.wait();
}

bus::Bus& static_bus_with_store() {
    static bus::Bus bus{{.store = std::make_shared<bus::MemoryStore>()}};
    return bus;
}

/// A text that is written only after its gate has opened.
struct LateText {
    static constexpr std::ptrdiff_t writers = 8;
    static inline std::latch begun{writers};
    static inline std::atomic<bool> open{false};

    friend std::string to_text(const LateText& /*text*/) {
        begun.count_down();
        while (!open) {
            std::this_thread::yield();
        }
        return "late";
    }

    static std::optional<LateText> from_text(std::string_view /*text*/) { return LateText{}; }
};

struct LateEvent : bus::Event<LateEvent> {
    LateText text;
};
BUS_DESCRIBE_EVENT(LateEvent, (text))

/// Opens the gate when it is destroyed, which is after the bus has stopped.
struct Gatekeeper : bus::Agent {
    Gatekeeper() : Agent{"gatekeeper"} {
        on<PingEvent>([](const PingEvent&, bus::Context&) {});
    }

    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    ~Gatekeeper() override { LateText::open = true; }
};

/// Threads that nobody joins are in the middle of a post when the bus ends, and hand their events
/// to the store after the bus has stopped.
void post_across_the_end(bus::Bus& bus) {
    bus.emplace<Gatekeeper>();
    for (std::ptrdiff_t i = 0; i < LateText::writers; ++i) {
        std::thread{[&bus] {
            bus.post(LateEvent{});
            wait_for_ever();
        }}.detach();
    }
    LateText::begun.wait();
}

bus::Bus& owned_bus_with_agents() {
    static const auto bus = std::make_unique<bus::Bus>();
    return *bus;
}

} // namespace

int main(int argc, char** argv) {
    constexpr unsigned most_seconds = 60;
    alarm(most_seconds); // a program that hangs at its end is killed
    const std::string how = argc > 1 ? argv[1] : "";
    if (how == "handlers") {
        speaks_at_the_end = true;
        the_bus().subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {}).release();
        the_bus().publish(ping("a"));
    } else if (how == "agents") {
        speaks_at_the_end = true;
        the_bus().emplace<Idle>();
        the_bus().publish(ping("a"));
        the_bus().schedule(std::chrono::hours{1}, ping("never"));
    } else if (how == "detached") {
        publish_from_detached_threads();
    } else if (how == "detached-posts") {
        post_from_detached_threads(the_bus());
    } else if (how == "detached-posts-on-store") {
        post_from_detached_threads(static_bus_with_store());
    } else if (how == "posts-across-the-end") {
        post_across_the_end(static_bus_with_store());
    } else if (how == "exit-in-handler") {
        the_bus().emplace<Idle>();
        the_bus().subscribe<PingEvent>([](const PingEvent&) { std::exit(3); }).release();
        the_bus().publish(ping("a"));
    } else if (how == "exit-in-step") {
        the_bus().emplace<Exiting>();
        the_bus().publish(ping("a"));
        wait_for_ever();
    } else if (how == "exit-in-step-on-store") {
        static_bus_with_store().emplace<Exiting>();
        static_bus_with_store().publish(ping("a"));
        wait_for_ever();
    } else if (how == "exit-in-step-of-owned-bus") {
        owned_bus_with_agents().emplace<Exiting>();
        owned_bus_with_agents().publish(ping("a"));
        wait_for_ever();
    } else if (how == "exit-in-timer") {
        static_bus_with_store()
            .subscribe<PingEvent>([](const PingEvent&) { std::exit(3); })
            .release();
        static_bus_with_store().schedule(bus::Duration::zero(), ping("a"));
        wait_for_ever();
    } else if (how == "exit-in-post") {
        the_bus().subscribe<PingEvent>([](const PingEvent&) { std::exit(3); }).release();
        the_bus().post(ping("a"));
        wait_for_ever();
    }
    std::cout << "main returns\n";
}
