#pragma once

#include <cstddef>
#include <cstdint>

namespace bus::internal {

/// Memory for many objects that one thread makes one after the other, and that other threads
/// destroy soon after, in about the same order. One allocation serves dozens of objects. A block is
/// freed with the last of its objects, so an object that is kept for long keeps its whole block.
///
/// Only release() is thread safe. Objects may outlive the BlockMemory.
class BlockMemory {
public:
    BlockMemory() = default;
    BlockMemory(const BlockMemory&) = delete;
    BlockMemory& operator=(const BlockMemory&) = delete;

    ~BlockMemory() { seal(); }

    /// Memory that is aligned for any fundamental type. Throws std::bad_alloc.
    [[nodiscard]] void* allocate(std::size_t bytes);
    /// Gives back what allocate() returned. Thread safe.
    static void release(void* memory) noexcept;

private:
    struct Block;

    void seal() noexcept;

    Block* block_ = nullptr;
    std::size_t used_ = 0;
    std::uint32_t given_ = 0;
};

/// An allocator for std::allocate_shared. Objects may outlive the BlockMemory.
template <class T>
struct BlockAllocator {
    using value_type = T;

    BlockMemory* memory;

    explicit BlockAllocator(BlockMemory& m) noexcept : memory{&m} {}

    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): as allocators must
    BlockAllocator(const BlockAllocator<U>& other) noexcept : memory{other.memory} {}

    [[nodiscard]] T* allocate(std::size_t count) const {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        return static_cast<T*>(memory->allocate(count * sizeof(T)));
    }

    void deallocate(T* object, std::size_t /*count*/) const noexcept {
        BlockMemory::release(object);
    }

    template <class U>
    friend bool operator==(const BlockAllocator& left, const BlockAllocator<U>& right) noexcept {
        return left.memory == right.memory;
    }
};

} // namespace bus::internal
