#pragma once

#include <thread>

namespace bus {

/// Lets other ready threads run. Code must not depend on it: in virtual time, when tasks take turns
/// on one thread, it does nothing.
inline void yield_thread() noexcept {
    std::this_thread::yield();
}

/// For loops that wait some nanoseconds for another core: lets this core rest for a moment.
inline void pause_thread() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
}

} // namespace bus
