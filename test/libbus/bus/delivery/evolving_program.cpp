// A program that is deployed, rolled back and deployed again. It is built once for each version of
// its event. It prints what it handles, and what observers receive.
//
//     evolving_N STORE [publish COUNT | agent | upcasters]...
#include <bus/bus.hpp>
#include <bus/event/upcast.hpp>
#include <bus/observers.hpp>
#include <bus/store/sqlite_store.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct ThingEvent : bus::Event<ThingEvent> {
    std::string name;
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(ThingEvent, (name, number), bus::aggregate_id<&ThingEvent::name>,
                   bus::version(THING_VERSION))

struct Things : bus::Agent {
    Things() : Agent{"things"} {
        on<ThingEvent>([](const ThingEvent& event) {
            std::cout << "handled " << event.name << ' ' << event.number << '\n';
        });
    }
};

void watch(bus::Observers& observers) {
    observers.trouble.connect(
        [](std::string_view what) { std::cout << "trouble " << what << '\n'; });
    const auto print = [](const char* kind) {
        return [kind](const bus::DomainEvent& event, std::string_view agent,
                      const bus::Failure& failure) {
            std::cout << kind << ' ' << event.event_type() << " by " << agent << ": "
                      << failure.what() << '\n';
        };
    };
    observers.failed.connect(print("failed"));
    observers.not_ready.connect(print("not_ready"));
    observers.dead_lettered.connect(print("dead"));
}

void run(const std::string& path, int argc, char** argv) {
    bus::Bus bus{{.store = bus::SqliteStore::open({.path = path})}};
    bus::Observers observers{bus};
    watch(observers);
    for (int i = 2; i < argc; ++i) {
        const std::string_view word{argv[i]};
        if (word == "upcasters") {
            for (std::uint32_t version = 1; version < THING_VERSION; ++version) {
                bus::upcast<ThingEvent>(version, [](boost::json::object&) {});
            }
        } else if (word == "agent") {
            bus.emplace<Things>();
        } else {
            static std::int64_t number = 0;
            for (int left = std::atoi(argv[++i]); left > 0; --left) {
                ThingEvent event;
                event.name = "thing";
                event.number = 10 * THING_VERSION + ++number;
                bus.publish(event);
            }
        }
    }
    std::cout << (bus.wait_idle(std::chrono::seconds{30}) ? "idle\n" : "not idle\n");
    const bus::StopReport report = bus.stop(bus::Stop::drain);
    std::cout << (report.drained ? "drained" : "not drained") << ", " << report.deferred
              << " deferred, " << report.parked << " parked\n";
}

} // namespace

int main(int argc, char** argv) {
    try {
        run(argv[1], argc, argv);
        return 0;
    } catch (const std::exception& error) {
        std::cout << "refused: " << error.what() << '\n';
        return 3;
    }
}
