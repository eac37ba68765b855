#include <bus/runtime/runtime.hpp>
#include <bus/runtime/system_environment.hpp>

#include <utility>

namespace bus {

namespace {

/// For how long a change of the wall clock may go unnoticed.
constexpr Duration between_looks = std::chrono::milliseconds{500};

void look_later(Runtime& runtime, std::weak_ptr<Task> watch) {
    runtime.schedule(between_looks, [&runtime, watch = std::move(watch)] {
        if (const auto look = watch.lock()) {
            (*look)();
            look_later(runtime, watch);
        }
    });
}

} // namespace

Executor& Runtime::steps(const std::string& /*name*/, unsigned /*threads*/) {
    return pool();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): an override keeps it
std::shared_ptr<void> Runtime::watch_steps(OnCrowded /*tell*/) {
    return nullptr;
}

SteadyTime Runtime::steady_now() {
    return virtual_time() ? SteadyTime{now().time_since_epoch()} : SystemEnvironment::steady_now();
}

ClockReading Runtime::read_clocks() {
    constexpr Duration close_together = std::chrono::milliseconds{1};
    constexpr int most_tries = 10; // the thread may be preempted between the two
    ClockReading reading{};
    for (int tries = 0; tries < most_tries; ++tries) {
        reading.steady = steady_now();
        reading.wall = now();
        if (steady_now() - reading.steady < close_together) {
            break;
        }
    }
    return reading;
}

std::shared_ptr<void> Runtime::watch_wall_clock(Task look) {
    auto watch = std::make_shared<Task>(std::move(look));
    if (!virtual_time()) { // in virtual time it would run for ever
        look_later(*this, watch);
    }
    return watch;
}

std::size_t Runtime::poll(std::size_t /*limit*/) {
    return 0;
}

void Runtime::linger(std::chrono::nanoseconds /*time*/) noexcept {}

} // namespace bus
