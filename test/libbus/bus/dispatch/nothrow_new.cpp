// The other half of test/support/allocations.cpp, which replaces the operators new and delete, but
// not this one. std::stable_sort gets its buffer from this operator and returns it to the replaced
// delete, and the address sanitizer rightly reports a pair of which only one half is replaced.
#include <cstdlib>
#include <new>

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return std::malloc(size != 0 ? size : 1);
}
