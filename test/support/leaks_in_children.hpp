#pragma once

#include <pthread.h>

#include <atomic>

/// Memory that a child of fork() leaves behind is not a leak: the other threads of its parent, on
/// whose stacks the pointers to it are, do not exist there. The leak sanitizer calls this at the
/// end of each process.
namespace test::detail {

inline std::atomic<bool> is_child{false};

inline const int watches_forks =
    ::pthread_atfork(nullptr, nullptr, [] { is_child.store(true, std::memory_order_relaxed); });

} // namespace test::detail

#if defined(__SANITIZE_ADDRESS__)
// NOLINTNEXTLINE(bugprone-reserved-identifier): its name is the sanitizer's
extern "C" [[gnu::weak, gnu::used]] int __lsan_is_turned_off() {
    return test::detail::is_child.load(std::memory_order_relaxed) ? 1 : 0;
}
#endif
