#pragma once

#include <bus/runtime/environment.hpp>

namespace bus {

/// The system's clock and a random source per thread, seeded by the operating system.
class SystemEnvironment final : public Environment {
public:
    /// The one of this process; lives until the process ends.
    static SystemEnvironment& instance() noexcept;

    Timestamp now() override;
    std::uint64_t random() override;
};

} // namespace bus
