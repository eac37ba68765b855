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

/// What a test begins with.
struct Setup {
    bool store = true;      ///< false: agents live on mailboxes, and nothing is kept
    std::uint64_t seed = 1; ///< picks among tasks that could run; the same seed, the same run
    Timestamp start{std::chrono::seconds{1'735'689'600}}; ///< 2025-01-01T00:00:00Z
};

/// A bus on a clock of its own, and on a store in memory: what a test plays in. Nothing sleeps, and
/// time moves only when it is told to: a week of retries takes milliseconds. Clock and store
/// outlive the bus, so that a test can let the program die and start again.
///
/// While it lives, events made on its thread are stamped from its clock. Not thread safe: one
/// thread makes it, drives it and destroys it.
class World {
public:
    explicit World(const Setup& setup = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    /// Throws std::logic_error while it is stopped.
    [[nodiscard]] Bus& bus() const;

    [[nodiscard]] bool running() const noexcept { return bus_ != nullptr; }

    [[nodiscard]] SimulatedRuntime& runtime() const noexcept { return *runtime_; }

    [[nodiscard]] bool has_store() const noexcept { return store_ != nullptr; }

    /// Throws std::logic_error without one.
    [[nodiscard]] MemoryStore& store() const;

    [[nodiscard]] Timestamp now() const { return runtime_->now(); }

    /// Everything published since the beginning; without a store, since the last start.
    [[nodiscard]] const Recorder& recorder() const;

    /// The same, of type E.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> published() const {
        return recorder().of<E>();
    }

    /// The signals of the bus, to connect to; new ones after each start.
    [[nodiscard]] Observers& observers() const;

    /// Runs what can run now. Time does not move.
    void run() const;
    /// Lets time pass: tasks, timers and attempts run in the order in which they are due.
    void advance(Duration duration);
    /// Lets time pass until nothing is left to come, at most for `limit`.
    void settle(Duration limit = std::chrono::hours{24 * 365});

    /// The program dies: running steps end, the rest stays where it is. Harmless twice. Time may
    /// pass while it is down.
    void stop();
    /// It runs again, on the same store. Agents and handlers are to be added again. Throws
    /// std::logic_error where it runs.
    void start();

private:
    std::shared_ptr<SimulatedRuntime> runtime_;
    std::shared_ptr<MemoryStore> store_;
    std::unique_ptr<Bus> bus_;
    std::unique_ptr<Observers> observers_;
    std::unique_ptr<Recorder> recorder_;
};

} // namespace bus::testing
