#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A bus on a store in memory, in virtual time, that can be restarted on the same store.
struct StoredWorld {
    explicit StoredWorld(std::uint64_t seed = 1)
        : runtime{std::make_shared<bus::SimulatedRuntime>(seed)},
          store{std::make_shared<bus::MemoryStore>()} {
        start();
    }

    void start() { bus.emplace(bus::BusOptions{runtime, store}); }

    /// As after the end of the process: the bus is gone, the store is not.
    void restart() {
        bus.reset();
        start();
    }

    std::vector<bus::StoredEvent> log() { return store->read(0, 1'000'000); }

    /// The numbers of all events of a type in the log.
    template <class E>
    std::vector<std::int64_t> numbers() {
        std::vector<std::int64_t> result;
        for (const bus::StoredEvent& event :
             store->read_type(bus::event_type<E>().name(), 0, 1'000'000)) {
            result.push_back(static_cast<const E&>(*bus::decode(event.record)).number);
        }
        return result;
    }

    std::shared_ptr<bus::SimulatedRuntime> runtime;
    std::shared_ptr<bus::EventStore> store;
    std::optional<bus::Bus> bus;
};

/// An agent that answers each ping with a pong of the same number.
inline std::unique_ptr<ScriptedAgent> echo(std::string name = "echo") {
    auto agent = scripted(std::move(name));
    agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        context.publish(pong(event.name, event.number));
    });
    return agent;
}

inline std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> result;
    for (std::int64_t i = first; i <= last; ++i) {
        result.push_back(i);
    }
    return result;
}

} // namespace test
