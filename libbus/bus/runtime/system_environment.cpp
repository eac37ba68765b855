#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/per_thread.hpp>
#include <bus/runtime/internal/system.hpp>
#include <bus/runtime/system_environment.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>

namespace bus {

SystemEnvironment& SystemEnvironment::instance() noexcept {
    // Never destroyed: events may be created even in the last destructor of the program.
    static SystemEnvironment& environment = *std::make_unique<SystemEnvironment>().release();
    return environment;
}

SteadyTime SystemEnvironment::steady_now() noexcept {
    if (const auto time = internal::time_since_boot()) {
        return SteadyTime{std::chrono::duration_cast<Duration>(*time)};
    }
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

/// Random numbers of a thread. A child of fork() gets a copy of the parent's generator and must not
/// draw the same numbers.
class Generator {
public:
    std::uint64_t operator()() {
        if (const auto life = detail::ProcessLife::current().number; life != life_) [[unlikely]] {
            seed();
            life_ = life;
        }
        return engine_();
    }

private:
    struct OfProcess {
        std::int64_t id = 0;
        std::array<std::random_device::result_type, 4> words{};
        const OfProcess* parent = nullptr; ///< keeps it reachable for leak checkers
    };

    /// The random device may take longer than everything else in a thread's first publish. So it is
    /// asked only once in a process, unless two threads come at the same time. There is no lock,
    /// because a child of fork() might find it held for ever.
    static const OfProcess& of_process() {
        static constinit std::atomic<const OfProcess*> known{nullptr};
        const OfProcess* found = known.load(std::memory_order_acquire);
        if (found == nullptr || found->id != internal::process_id()) {
            std::random_device device;
            auto made = std::make_unique<OfProcess>(
                OfProcess{internal::process_id(), {device(), device(), device(), device()}, found});
            if (known.compare_exchange_strong(found, made.get())) {
                found = made.release();
            }
        }
        return *found;
    }

    /// 128 bits from the device distinguish processes; the count distinguishes the generators of
    /// one process.
    void seed() {
        static constinit std::atomic<std::uint32_t> generators{0};
        const auto& words = of_process().words;
        std::seed_seq all{words[0], words[1], words[2], words[3], ++generators};
        engine_.seed(all);
    }

    detail::ProcessLife::Word life_ = 0;
    std::mt19937_64 engine_;
};

/// For threads that are ending and have no generator any more, or had no memory for one.
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
