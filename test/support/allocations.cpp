#include "test/support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

// A counter for each thread, because an atomic one would cost a benchmark more than the allocation.
thread_local std::size_t count = 0;
/// The number of the allocation that fails; 0: none.
thread_local std::size_t failing = 0;

} // namespace

std::size_t test::allocations() noexcept {
    return count;
}

test::FailingAllocation::FailingAllocation(std::size_t succeed) noexcept {
    failing = count + succeed + 1;
}

test::FailingAllocation::~FailingAllocation() {
    failing = 0;
}

void* operator new(std::size_t size) {
    if (++count == failing) {
        throw std::bad_alloc{};
    }
    if (void* memory = std::malloc(size != 0 ? size : 1)) {
        return memory;
    }
    throw std::bad_alloc{};
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    if (++count == failing) {
        throw std::bad_alloc{};
    }
    const auto multiple = static_cast<std::size_t>(alignment);
    const std::size_t rounded = (size + multiple - 1) / multiple * multiple;
    if (void* memory = std::aligned_alloc(multiple, rounded != 0 ? rounded : multiple)) {
        return memory;
    }
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
