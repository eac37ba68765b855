#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/internal/per_thread.hpp>
#include <bus/runtime/system_environment.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <random>

namespace bus {

SystemEnvironment& SystemEnvironment::instance() noexcept {
    // Never destroyed: events are made as late as in the last destructor of the program.
    static SystemEnvironment& environment = *std::make_unique<SystemEnvironment>().release();
    return environment;
}

SteadyTime SystemEnvironment::steady_now() noexcept {
#ifdef CLOCK_BOOTTIME
    if (timespec time{}; ::clock_gettime(CLOCK_BOOTTIME, &time) == 0) {
        return SteadyTime{std::chrono::duration_cast<Duration>(
            std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec})};
    }
#endif
    return SteadyTime{
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

Timestamp SystemEnvironment::now() {
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
#ifdef LIBBUS_FAULT_POINTS
    return now + faults::wall_clock_ahead();
#else
    return now;
#endif
}

namespace {

class Generator {
public:
    Generator() {
        // The device may take longer than all else that a thread's first publish does, so it is
        // asked once. 128 bits of it tell processes apart, the count tells their threads apart.
        static const std::array<std::random_device::result_type, 4> of_process = [] {
            std::random_device device;
            return std::array{device(), device(), device(), device()};
        }();
        static std::atomic<std::uint32_t> generators{0};
        std::seed_seq seed{of_process[0], of_process[1], of_process[2], of_process[3],
                           ++generators};
        engine_.seed(seed);
    }

    std::uint64_t operator()() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

/// For threads that are ending, and have none of their own any more, or never had the memory.
std::uint64_t random_of_all() {
    static std::mutex mutex;
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): threads may end after all static objects
    static Generator& generator = *new Generator;
    const std::lock_guard lock{mutex};
    return generator();
}

} // namespace

std::uint64_t SystemEnvironment::random() {
    Generator* const generator = internal::of_this_thread<Generator>();
    return generator != nullptr ? (*generator)() : random_of_all();
}

} // namespace bus
