#include <bus/runtime/system_environment.hpp>

#include <random>

namespace bus {

SystemEnvironment& SystemEnvironment::instance() noexcept {
    static SystemEnvironment environment;
    return environment;
}

Timestamp SystemEnvironment::now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

std::uint64_t SystemEnvironment::random() {
    thread_local std::mt19937_64 generator = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64{seed};
    }();
    return generator();
}

} // namespace bus
