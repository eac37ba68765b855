#pragma once

#include <thread>

namespace bus {

/// Lets other threads run that are ready. Nothing may depend on it: in virtual time, where tasks
/// take turns on one thread, it does nothing.
inline void yield_thread() noexcept {
    std::this_thread::yield();
}

} // namespace bus
