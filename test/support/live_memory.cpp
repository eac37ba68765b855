#include "test/support/live_memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> live{0};

void* counted(void* memory) {
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    live.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
    return memory;
}

void discount(void* memory) noexcept {
    if (memory != nullptr) {
        live.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
        std::free(memory);
    }
}

} // namespace

std::size_t test::live_memory() noexcept {
    return live.load();
}

void* operator new(std::size_t size) {
    return counted(std::malloc(size != 0 ? size : 1));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto multiple = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(multiple, (size + multiple - 1) / multiple * multiple));
}

void operator delete(void* memory) noexcept {
    discount(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    discount(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    discount(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    discount(memory);
}
