#include <bus/agent/retry_policy.hpp>
#include <bus/runtime/internal/saturating.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bus {

Duration RetryPolicy::delay(std::uint32_t failures, std::uint64_t random) const noexcept {
    const double exponent = failures > 0 ? static_cast<double>(failures - 1) : 0.0;
    const double grown = static_cast<double>(initial_delay.count()) * std::pow(factor, exponent);
    const double base = std::min(static_cast<double>(max_delay.count()), grown);
    const double u = static_cast<double>(random >> 11U) * 0x1p-53;
    return internal::whole_micros(base * (1.0 - jitter + jitter * u));
}

std::optional<Timestamp> RetryPolicy::next_attempt(const Failure& failure, std::uint32_t failures,
                                                   Timestamp now, std::uint64_t random) const {
    switch (failure.kind()) {
    case FailureKind::rejected:
    case FailureKind::poison: return std::nullopt;
    case FailureKind::not_ready:
        return failure.until()
                   ? std::max(now, *failure.until())
                   : internal::later(now, failure.retry_after().value_or(Duration::zero()));
    case FailureKind::transient:
    case FailureKind::throttled: break;
    }
    if (failures >= max_attempts) {
        return std::nullopt;
    }
    return internal::later(now, failure.retry_after().value_or(delay(failures, random)));
}

void RetryPolicy::check() const {
    const auto require = [](bool holds, const char* what) {
        if (!holds) {
            throw std::invalid_argument{std::string{"retry policy: "} + what};
        }
    };
    require(max_attempts >= 1, "max_attempts must be at least 1");
    require(initial_delay >= Duration::zero(), "initial_delay must not be negative");
    require(factor >= 1.0, "factor must be at least 1");
    require(max_delay >= initial_delay, "max_delay must not be below initial_delay");
    require(jitter >= 0.0 && jitter <= 1.0, "jitter must be between 0 and 1");
}

} // namespace bus
