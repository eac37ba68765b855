#include <bus/dispatch/internal/fence.hpp>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdio>
#include <cstdlib>

namespace bus::detail {

namespace {

#if defined(__linux__) && !defined(BUS_NO_FENCES)

bool membarrier(int command) noexcept {
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

bool register_membarrier() noexcept {
    return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
           membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

void fence_other_threads() noexcept {
    if (membarrier_works() && !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
        // It worked at the start and publishers rely on it: going on would be a data race.
        static_cast<void>(std::fputs(
            "libbus: membarrier(2) failed after it had worked; a seccomp filter that was "
            "installed later must allow it\n",
            stderr));
        std::abort();
    }
}

#elif !defined(BUS_NO_FENCES)

bool register_membarrier() noexcept {
    return false;
}

void fence_other_threads() noexcept {}

#endif

/// Before main() in most programs; who publishes earlier fences in full.
[[maybe_unused]] const bool decided = membarrier_works();

} // namespace

bool membarrier_works() noexcept {
#ifdef BUS_NO_FENCES
    return true; // nobody fences: sequentially consistent operations do the same
#else
    static const bool works = [] {
        const bool registered = register_membarrier();
        membarrier_ready = registered;
        return registered;
    }();
    return works;
#endif
}

constinit std::atomic<bool> membarrier_ready{false};

void heavy_fence() noexcept {
#ifndef BUS_NO_FENCES
    std::atomic_thread_fence(std::memory_order_seq_cst);
    fence_other_threads();
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

} // namespace bus::detail
