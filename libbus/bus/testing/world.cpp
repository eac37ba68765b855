#include <bus/observers.hpp>
#include <bus/testing/world.hpp>

#include <stdexcept>

namespace bus::testing {

World::World(const Setup& setup)
    : runtime_{std::make_shared<SimulatedRuntime>(setup.seed, setup.start)},
      store_{setup.store ? std::make_shared<MemoryStore>() : nullptr} {
    start();
}

World::~World() {
    stop();
}

Bus& World::bus() const {
    if (!bus_) {
        throw std::logic_error{"there is no bus while the world is stopped: start it first"};
    }
    return *bus_;
}

MemoryStore& World::store() const {
    if (!store_) {
        throw std::logic_error{"this world has no store, and what only a store keeps (states, "
                               "timers, dead letters, commands) cannot be looked at: make it with "
                               "Setup{.store = true}"};
    }
    return *store_;
}

const Recorder& World::recorder() const {
    static_cast<void>(bus());
    return *recorder_;
}

Observers& World::observers() const {
    static_cast<void>(bus());
    return *observers_;
}

void World::run() const {
    bus().wait_idle();
}

void World::advance(Duration duration) {
    runtime_->run_for(duration);
}

void World::settle(Duration limit) {
    runtime_->run_until_idle(limit);
}

void World::stop() {
    recorder_.reset();
    observers_.reset();
    bus_.reset();
}

void World::start() {
    if (bus_) {
        throw std::logic_error{"the world runs already: stop it before it is started again"};
    }
    bus_ = std::make_unique<Bus>(BusOptions{.runtime = runtime_, .store = store_});
    observers_ = std::make_unique<Observers>(*bus_);
    recorder_ = store_ ? std::make_unique<Recorder>(*bus_, 0) : std::make_unique<Recorder>(*bus_);
}

} // namespace bus::testing
