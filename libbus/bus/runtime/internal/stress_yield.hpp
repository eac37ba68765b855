#pragma once

namespace bus::detail {

/// A place at which a stress test may make threads change places. Does nothing in a release build.
#ifdef LIBBUS_STRESS
void stress_yield() noexcept;
#else
inline void stress_yield() noexcept {}
#endif

} // namespace bus::detail
