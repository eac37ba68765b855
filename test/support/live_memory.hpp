#pragma once

#include <cstddef>

namespace test {

/// Bytes from operator new that the program has not given back, on all threads. Needs
/// test/support/live_memory.cpp among the program's own sources.
[[nodiscard]] std::size_t live_memory() noexcept;

} // namespace test
