#pragma once

#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>
#include <bus/testing/recorder.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bus {

class Observers;

} // namespace bus

namespace bus::testing {

/// The options of a World.
struct Setup {
    bool store = true;      ///< false: agents run from mailboxes, and nothing is stored
    std::uint64_t seed = 1; ///< chooses the order of tasks; the same seed repeats the same run
    Timestamp start{std::chrono::seconds{1'735'689'600}}; ///< 2025-01-01T00:00:00Z
};

/// The surroundings of a test: a bus with a simulated clock and a store in memory. Nothing sleeps,
/// and time only passes when the test says so: a week of retries takes milliseconds. The clock and
/// the store outlive the bus, so a test can let the program die and start again.
///
/// While a World exists, events that its thread constructs are stamped from its clock. Not
/// thread safe: one thread must create, use and destroy it.
class World {
public:
    /// Starts the bus.
    explicit World(const Setup& setup = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    /// The bus. Throws std::logic_error if it is stopped.
    [[nodiscard]] Bus& bus() const;

    /// Whether there is a bus: not between stop() and start().
    [[nodiscard]] bool running() const noexcept { return bus_ != nullptr; }

    /// The simulated clock and scheduler.
    [[nodiscard]] SimulatedRuntime& runtime() const noexcept { return *runtime_; }

    /// Whether the bus has a store.
    [[nodiscard]] bool has_store() const noexcept { return store_ != nullptr; }

    /// The store. Throws std::logic_error if there is none.
    [[nodiscard]] MemoryStore& store() const;

    /// The simulated time.
    [[nodiscard]] Timestamp now() const { return runtime_->now(); }

    /// Everything published since the World was created; without a store, since the last start().
    /// Throws std::logic_error if the bus is stopped.
    [[nodiscard]] const Recorder& recorder() const;

    /// The same, but only events of type E.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> published() const {
        return recorder().of<E>();
    }

    /// The signals of the bus, for observers to connect to. After each start() they are new. Throws
    /// std::logic_error if the bus is stopped.
    [[nodiscard]] Observers& observers() const;

    /// Runs everything that can run now. No time passes.
    void run() const;
    /// Lets time pass: tasks, timers and attempts run in the order in which they are due.
    void advance(Duration duration);
    /// Lets time pass until nothing is left to do, or until `limit` has passed.
    void settle(Duration limit = std::chrono::hours{24 * 365});

    /// Destroys the bus, as if the program had died: running steps end, everything else stays as it
    /// is. Idempotent. Time may pass before the next start().
    void stop();
    /// Starts a new bus on the same store. Add agents and handlers again. Throws std::logic_error
    /// if the bus is running.
    void start();

private:
    std::shared_ptr<SimulatedRuntime> runtime_;
    std::shared_ptr<MemoryStore> store_;
    std::unique_ptr<Bus> bus_;
    std::unique_ptr<Observers> observers_;
    std::unique_ptr<Recorder> recorder_;
};

} // namespace bus::testing
