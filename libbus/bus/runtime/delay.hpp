#pragma once

#include <bus/runtime/environment.hpp>

#include <chrono>
#include <stdexcept>
#include <type_traits>

namespace bus::detail {

/// Converts a delay that does not convert to a Duration implicitly, such as `1.5s` or nanoseconds.
/// It is rounded up, so that nothing happens early. A delay out of range becomes the longest or the
/// shortest Duration. Throws std::invalid_argument if the delay is not a number (NaN).
template <class Rep, class Period>
Duration delay_of(std::chrono::duration<Rep, Period> delay) {
    using Real = std::chrono::duration<double, Duration::period>;
    const Real real{delay};
    if (real.count() != real.count()) {
        throw std::invalid_argument{"a delay must be a number of seconds, and this one is not a "
                                    "number (NaN)"};
    }
    // The limit is below 2^63, because no double from 2^63 on fits.
    if (real >= Real{9.2e18} || real <= Real{-9.2e18}) {
        return real > Real::zero() ? Duration::max() : Duration::min();
    }
    return std::chrono::ceil<Duration>(delay);
}

} // namespace bus::detail
