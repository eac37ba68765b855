#pragma once

namespace test {

/// Whether this is built with a sanitizer, which makes everything many times slower. A test that
/// tries the same thing in many places then tries fewer of them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

} // namespace test
