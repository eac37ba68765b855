#pragma once

#include <cstddef>

namespace test {

/// Bytes that the program has from operator new and has not given back, on all threads. Needs
/// test/support/live_memory.cpp among the program's own sources.
[[nodiscard]] std::size_t live_memory() noexcept;

} // namespace test
