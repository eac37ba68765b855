#pragma once

#include <bus/runtime/internal/stress_yield.hpp>

#include <atomic>

// The thread sanitizer does not understand fences. Under it, the frequent side uses sequentially
// consistent operations instead.
#if defined(__SANITIZE_THREAD__)
#define BUS_NO_FENCES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUS_NO_FENCES 1
#endif
#endif

namespace bus::detail {

/// The pair of fences of an asymmetric Dekker algorithm. Two threads each write one variable,
/// fence, and read the variable of the other. If one fences lightly and the other heavily, at least
/// one of them reads what the other wrote. The light side is a publish. If the kernel has
/// membarrier(2), the light side costs nothing, because the heavy side makes it fence. If not, both
/// are full fences.

/// True if the light side may rely on membarrier(2). The first call decides it.
bool membarrier_works() noexcept;

/// Set once that is decided, if it is true.
extern constinit std::atomic<bool> membarrier_ready;

/// The light side if membarrier_works().
struct MembarrierFence {
    static void light() noexcept {
#ifndef BUS_NO_FENCES
        std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
    }
};

/// The light side in any case.
struct AnyFence {
    static void light() noexcept {
#ifndef BUS_NO_FENCES
        if (membarrier_ready.load(std::memory_order_relaxed)) [[likely]] {
            MembarrierFence::light();
        } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
#endif
    }
};

/// The heavy side for both.
void heavy_fence() noexcept;

#ifdef BUS_NO_FENCES
constexpr std::memory_order light_store = std::memory_order_seq_cst;
constexpr std::memory_order light_load = std::memory_order_seq_cst;
#else
constexpr std::memory_order light_store = std::memory_order_release;
constexpr std::memory_order light_load = std::memory_order_acquire;
#endif

} // namespace bus::detail
