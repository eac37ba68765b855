#pragma once

namespace bus::detail {

/// Where a stress test may have threads change places; nothing in a release build.
#ifdef LIBBUS_STRESS
void stress_yield() noexcept;
#else
inline void stress_yield() noexcept {}
#endif

} // namespace bus::detail
