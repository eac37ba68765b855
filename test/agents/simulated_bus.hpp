#pragma once

#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace test {

/// A store and a clock that outlive the buses on them: a bus that is made anew is a restart.
struct SimulatedBus {
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    std::shared_ptr<bus::MemoryStore> store = std::make_shared<bus::MemoryStore>();
    std::unique_ptr<bus::Bus> bus = start();

    std::unique_ptr<bus::Bus> start() {
        return std::make_unique<bus::Bus>(bus::BusOptions{runtime, store});
    }

    /// The program dies; agents are to be added to the new bus again.
    void restart() {
        bus.reset();
        bus = start();
    }

    /// All events of type E in the store, in order.
    template <class E>
    std::vector<E> stored() {
        std::vector<E> events;
        for (const bus::StoredEvent& event :
             store->read_type(bus::event_type<E>().name(), 0, 100'000)) {
            events.push_back(bus::from_json<E>(bus::to_json(event.record)));
        }
        return events;
    }
};

} // namespace test
