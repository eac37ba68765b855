#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <cstdint>
#include <string_view>

namespace bus::agents {

/// How often, and when, a dead letter is redriven. Round r (from 1) comes
///
///     base    = min(max_backoff, initial_backoff * factor^(r - 1))
///     backoff = base * (1 - jitter + jitter * u)
///
/// after the failure, rounded down to a microsecond. u, from [0, 1), is made of the agent's name,
/// the event id and the round, so that it is the same in every attempt and after a restart, and
/// letters that died together do not come back together.
struct RetryOptions {
    std::uint32_t rounds = 6; ///< redrives of one letter, those by others included; 0: none
    Duration initial_backoff = std::chrono::minutes{1};
    double factor = 4.0; ///< at least 1
    Duration max_backoff = std::chrono::hours{6};
    double jitter = 0.2; ///< 0 (none) to 1 (from nothing to the whole backoff)

    /// How long after the failure the round comes; `agent` and `event_id` name the dead letter.
    [[nodiscard]] Duration backoff(std::uint32_t round, std::string_view agent,
                                   const Uuid& event_id) const noexcept;

    /// Throws std::invalid_argument naming the member that is out of its range.
    void check() const;
};

} // namespace bus::agents
