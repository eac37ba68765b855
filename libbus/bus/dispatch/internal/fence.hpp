#pragma once

#include <bus/runtime/internal/stress_yield.hpp>

#include <atomic>

// The thread sanitizer does not understand fences: under it, the frequent side uses sequentially
// consistent operations instead.
#if defined(__SANITIZE_THREAD__)
#define BUS_NO_FENCES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUS_NO_FENCES 1
#endif
#endif

namespace bus::detail {

/// The pair of fences of an asymmetric Dekker: of two threads that each write one variable, fence,
/// and read the other's, at least one reads what the other wrote, if one fences lightly and the
/// other one heavily. The light side is a publish, and costs nothing where the kernel has
/// membarrier(2): the heavy side makes it fence. Where it has not, both are full fences.

/// True where the light side may count on membarrier(2). Decides it at the first call.
bool membarrier_works() noexcept;

/// Set once that is decided, where it is so.
extern constinit std::atomic<bool> membarrier_ready;

/// The light side, where membarrier_works().
struct MembarrierFence {
    static void light() noexcept {
#ifndef BUS_NO_FENCES
        std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
    }
};

/// The light side anywhere.
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

/// The heavy side, for either.
void heavy_fence() noexcept;

#ifdef BUS_NO_FENCES
constexpr std::memory_order light_store = std::memory_order_seq_cst;
constexpr std::memory_order light_load = std::memory_order_seq_cst;
#else
constexpr std::memory_order light_store = std::memory_order_release;
constexpr std::memory_order light_load = std::memory_order_acquire;
#endif

} // namespace bus::detail
