#pragma once

#include <cstddef>

namespace test {

/// How often this thread has called operator new so far. Needs test/support/allocations.cpp among
/// the program's own sources: it replaces operator new, which a library should never do.
[[nodiscard]] std::size_t allocations() noexcept;

/// While in scope, one allocation of this thread throws std::bad_alloc, after the given number of
/// successful ones.
class FailingAllocation {
public:
    explicit FailingAllocation(std::size_t succeed) noexcept;
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;
    ~FailingAllocation();
};

} // namespace test
