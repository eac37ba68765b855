#pragma once

#include <bus/runtime/clock_reading.hpp>

namespace bus {

/// The system's clock and a random source per thread, seeded by the operating system.
class SystemEnvironment final : public Environment {
public:
    /// The one of this process; lives until the process ends.
    static SystemEnvironment& instance() noexcept;

    /// The one place that asks the system for its steady clock: on Linux CLOCK_BOOTTIME, which goes
    /// on while the machine sleeps; elsewhere std::chrono::steady_clock, which may not.
    static SteadyTime steady_now() noexcept;

    Timestamp now() override;
    std::uint64_t random() override;
};

} // namespace bus
