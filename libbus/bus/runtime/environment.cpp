#include <bus/runtime/environment.hpp>
#include <bus/runtime/system_environment.hpp>

namespace bus {

namespace {

thread_local Environment* installed = nullptr;

std::uint64_t tick_of(Timestamp now) noexcept {
    const auto micros = static_cast<std::uint64_t>(now.time_since_epoch().count());
    const std::uint64_t millis = micros / 1000;
    const std::uint64_t fraction = (micros % 1000) * 4096 / 1000;
    return (millis << 12U) | fraction;
}

} // namespace

std::uint64_t Environment::next_tick(Timestamp now) noexcept {
    const std::uint64_t wanted = tick_of(now);
    std::uint64_t last = last_tick_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        next = wanted > last ? wanted : last + 1;
    } while (!last_tick_.compare_exchange_weak(last, next, std::memory_order_relaxed));
    return next;
}

Environment& Environment::ambient() noexcept {
    return installed != nullptr ? *installed : SystemEnvironment::instance();
}

AmbientEnvironment::AmbientEnvironment(Environment& environment) noexcept : previous_{installed} {
    installed = &environment;
}

AmbientEnvironment::~AmbientEnvironment() {
    installed = previous_;
}

} // namespace bus
