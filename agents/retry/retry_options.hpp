#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <cstdint>
#include <string_view>

namespace bus::agents {

/// How often and when a dead letter is redriven. Round r (from 1) is due `backoff` after the
/// failure:
///
///     base    = min(max_backoff, initial_backoff * factor^(r - 1))
///     backoff = base * (1 - jitter + jitter * u)
///
/// The result is rounded down to a microsecond. The number u in [0, 1) is computed from the agent's
/// name, the event id and the round. So it is the same in every attempt and after a restart, but
/// letters that died at the same time are redriven at different times.
struct RetryOptions {
    std::uint32_t rounds = 6; ///< the most redrives of a letter, including those by others; 0: none
    Duration initial_backoff = std::chrono::minutes{1}; ///< not negative
    double factor = 4.0;                                ///< at least 1
    Duration max_backoff = std::chrono::hours{6};       ///< at least initial_backoff
    double jitter = 0.2; ///< 0 (none) to 1 (from nothing to the whole backoff)

    /// The time from the failure to this round. `agent` and `event_id` identify the dead letter.
    [[nodiscard]] Duration backoff(std::uint32_t round, std::string_view agent,
                                   const Uuid& event_id) const noexcept;

    /// Throws std::invalid_argument that names the member that is out of its range.
    void check() const;
};

} // namespace bus::agents
