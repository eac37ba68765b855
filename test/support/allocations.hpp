#pragma once

#include <cstddef>

namespace test {

/// How often this thread has called operator new so far. Needs test/support/allocations.cpp among
/// the program's own sources: it replaces operator new, which a library should do to nobody.
[[nodiscard]] std::size_t allocations() noexcept;

} // namespace test
