#include <bus/runtime/internal/stress_yield.hpp>

#ifdef LIBBUS_STRESS

#include <cstdint>
#include <thread>

namespace bus::detail {

void stress_yield() noexcept {
    thread_local std::uint32_t state =
        static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&state) >> 4) | 1U;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    if (state % 16 == 0) {
        std::this_thread::yield();
    }
}

} // namespace bus::detail

#endif
