#pragma once

#include <bus/runtime/clock_reading.hpp>

namespace bus {

/// The system's clock, and a random source for each thread that is seeded by the operating system.
class SystemEnvironment final : public Environment {
public:
    /// The instance of this process. It exists until the process ends.
    static SystemEnvironment& instance() noexcept;

    /// The system's steady clock; no other function asks the system for it. On Linux it is
    /// CLOCK_BOOTTIME, which goes on while the machine sleeps. Elsewhere it is
    /// std::chrono::steady_clock, which may not.
    static SteadyTime steady_now() noexcept;

    Timestamp now() override;
    std::uint64_t random() override;
};

} // namespace bus
