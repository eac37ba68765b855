#pragma once

namespace test {

/// Whether this is built with a sanitizer, which makes all that takes time take many times as long:
/// a test that tries the same in many places tries fewer of them then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

} // namespace test
