#include <bus/dispatch/internal/fence.hpp>
#include <bus/runtime/internal/system.hpp>

#include <cstdio>
#include <cstdlib>

namespace bus::detail {

namespace {

#if !defined(BUS_NO_FENCES) && !defined(LIBBUS_NO_MEMBARRIER)

/// A switch for sandboxes that kill a program which makes this system call.
bool may_call() noexcept {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in libbus changes the environment
    const char* const without = std::getenv("LIBBUS_NO_MEMBARRIER");
    return without == nullptr || *without == '\0';
}

bool register_membarrier() noexcept {
    return may_call() && internal::register_barriers() && internal::barrier_in_all_threads();
}

void fence_other_threads() noexcept {
    if (membarrier_works() && !internal::barrier_in_all_threads()) {
        // It worked at the start, and publishers rely on it: to continue would be a data race.
        static_cast<void>(std::fputs(
            "libbus: membarrier(2) worked before and fails now; if the program installs a seccomp "
            "filter, let it allow membarrier, or start the program with LIBBUS_NO_MEMBARRIER=1\n",
            stderr));
        std::abort();
    }
}

#elif !defined(BUS_NO_FENCES) // CMake: LIBBUS_MEMBARRIER=OFF

bool register_membarrier() noexcept {
    return false;
}

void fence_other_threads() noexcept {}

#endif

/// In most programs this runs before main(). Publishes before it use a full fence.
[[maybe_unused]] const bool decided = membarrier_works();

} // namespace

bool membarrier_works() noexcept {
#ifdef BUS_NO_FENCES
    return true; // fences are not used: sequentially consistent operations do the same
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
