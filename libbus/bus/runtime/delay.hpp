#pragma once

#include <bus/runtime/environment.hpp>

#include <chrono>
#include <stdexcept>
#include <type_traits>

namespace bus::detail {

/// A delay that does not turn into a Duration by itself: `1.5s`, nanoseconds. It is rounded up, so
/// that nothing comes early, and to the longest or shortest Duration if it is out of range. Throws
/// std::invalid_argument for what is no number.
template <class Rep, class Period>
Duration delay_of(std::chrono::duration<Rep, Period> delay) {
    using Real = std::chrono::duration<double, Duration::period>;
    const Real real{delay};
    if (real.count() != real.count()) {
        throw std::invalid_argument{"a delay must be a number of seconds, and this one is not a "
                                    "number (NaN)"};
    }
    // The greatest double that fits: from 2^63 on none does.
    if (real >= Real{9.2e18} || real <= Real{-9.2e18}) {
        return real > Real::zero() ? Duration::max() : Duration::min();
    }
    return std::chrono::ceil<Duration>(delay);
}

} // namespace bus::detail
