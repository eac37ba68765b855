#pragma once

#include <bus/event/failure.hpp>

#include <cstdint>
#include <optional>

namespace bus {

/// When a failed step is tried again, and when it is given up. Only the delivery retries; the agent
/// just sets the policy.
///
/// After the n-th failure that counts (n from 1) the next attempt comes after
///
///     base  = min(max_delay, initial_delay * factor^(n - 1))
///     delay = base * (1 - jitter + jitter * u),   u uniform in [0, 1)
///
/// rounded down to a microsecond. If the failure is `throttled`, its own delay is used instead. If
/// it is `not_ready`, its own time is used, and it does not count. `rejected` and `poison` are
/// given up at once. A time past the end of the clock is cut to its end: after `throttled` with
/// Duration::max() the next attempt never comes.
struct RetryPolicy {
    std::uint32_t max_attempts = 5; ///< all attempts, including the first; at least 1
    Duration initial_delay = std::chrono::milliseconds{100}; ///< at least zero
    double factor = 2.0;                                     ///< at least 1
    Duration max_delay = std::chrono::seconds{30};           ///< at least initial_delay
    double jitter = 0.2; ///< 0 (none) to 1 (from nothing to the whole delay)

    /// The delay after the n-th failure, where n is `failures`. `random` is 64 random bits; the
    /// upper 53 make u.
    [[nodiscard]] Duration delay(std::uint32_t failures, std::uint64_t random) const noexcept;

    /// When to try again after a failure, the n-th that counts; none: the step is given up.
    [[nodiscard]] std::optional<Timestamp> next_attempt(const Failure& failure,
                                                        std::uint32_t failures, Timestamp now,
                                                        std::uint64_t random) const;

    /// Throws std::invalid_argument, which names the member that is out of range.
    void check() const;
};

} // namespace bus
