#pragma once

#include <bus/event/failure.hpp>

#include <cstdint>
#include <optional>

namespace bus {

/// When a failed step is tried again, and when it is given up. Retrying is done by the delivery
/// alone; the agent only says how.
///
/// After the n-th failure that counts (n from 1) the next attempt comes after
///
///     base  = min(max_delay, initial_delay * factor^(n - 1))
///     delay = base * (1 - jitter + jitter * u),   u uniform in [0, 1)
///
/// rounded down to a microsecond. `throttled` overrides the delay by its own; `not_ready` overrides
/// it by its time and does not count. `rejected` and `poison` are given up at once. What lies past
/// the end of the clock comes at its end: after `throttled` with Duration::max(), never.
struct RetryPolicy {
    std::uint32_t max_attempts = 5; ///< attempts in all, the first included; at least 1
    Duration initial_delay = std::chrono::milliseconds{100};
    double factor = 2.0; ///< at least 1
    Duration max_delay = std::chrono::seconds{30};
    double jitter = 0.2; ///< 0 (none) to 1 (from nothing to the whole delay)

    /// The delay after the n-th failure; `random` are 64 random bits, of which the upper 53 make u.
    [[nodiscard]] Duration delay(std::uint32_t failures, std::uint64_t random) const noexcept;

    /// When to try again after a failure, the n-th that counts; none: give up.
    [[nodiscard]] std::optional<Timestamp> next_attempt(const Failure& failure,
                                                        std::uint32_t failures, Timestamp now,
                                                        std::uint64_t random) const;

    /// Throws std::invalid_argument naming the member that is out of its range.
    void check() const;
};

} // namespace bus
