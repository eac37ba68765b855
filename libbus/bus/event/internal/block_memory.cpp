#include <bus/event/internal/block_memory.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <new>

namespace bus::internal {

namespace {

// The address sanitizer only checks objects with an allocation of their own, so with it each object
// gets its own block.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIBBUS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LIBBUS_ADDRESS_SANITIZER
#endif
#if defined(LIBBUS_ADDRESS_SANITIZER)
constexpr std::size_t block_size = 0;
#else
constexpr std::size_t block_size = std::size_t{16} * 1024;
#endif

constexpr std::size_t step = alignof(std::max_align_t);
/// Until a block is sealed, its count of objects includes this many, so that it cannot reach zero.
constexpr std::uint32_t not_sealed = std::numeric_limits<std::uint32_t>::max() / 2;

constexpr std::size_t rounded_up(std::size_t bytes) {
    return (bytes + step - 1) / step * step;
}

} // namespace

struct BlockMemory::Block {
    std::atomic<std::uint32_t> objects{not_sealed};
    std::size_t room = 0; ///< bytes, with the header

    static Block* make(std::size_t room);
    void drop(std::uint32_t count) noexcept;
};

namespace {

/// Spare blocks for later use. The general allocator would merge them with their neighbours and
/// split them again, which costs time and a lock that all threads share. It is never destroyed,
/// since events may be destroyed at the very end of the process.
class Spare {
public:
    void* take() noexcept {
        const std::lock_guard lock{mutex_};
        return count_ != 0 ? blocks_[--count_] : nullptr;
    }

    bool put(void* block) noexcept {
        const std::lock_guard lock{mutex_};
        if (count_ == blocks_.size()) {
            return false;
        }
        blocks_[count_++] = block;
        return true;
    }

private:
    std::mutex mutex_;
    std::size_t count_ = 0;
    std::array<void*, 256> blocks_{};
};

constinit Spare spare;

} // namespace

BlockMemory::Block* BlockMemory::Block::make(std::size_t room) {
    void* memory = room == block_size ? spare.take() : nullptr;
    auto* const block = new (memory != nullptr ? memory : ::operator new(room)) Block;
    block->room = room;
    return block;
}

void BlockMemory::Block::drop(std::uint32_t count) noexcept {
    if (objects.fetch_sub(count, std::memory_order_acq_rel) == count) {
        const bool usual = room == block_size;
        this->~Block();
        if (!usual || !spare.put(this)) {
            ::operator delete(this);
        }
    }
}

// A pointer to its block lies before each object.
void* BlockMemory::allocate(std::size_t bytes) {
    const std::size_t needed = step + rounded_up(bytes);
    if (block_ == nullptr || block_->room - used_ < needed) {
        seal();
        const std::size_t room = std::max(block_size, rounded_up(sizeof(Block)) + needed);
        block_ = Block::make(room);
        used_ = rounded_up(sizeof(Block));
        given_ = 0;
    }
    auto* const place = reinterpret_cast<std::byte*>(block_) + used_;
    new (place) Block* {block_};
    used_ += needed;
    ++given_;
    return place + step;
}

void BlockMemory::release(void* memory) noexcept {
    (*std::launder(reinterpret_cast<Block**>(static_cast<std::byte*>(memory) - step)))->drop(1);
}

void BlockMemory::seal() noexcept {
    if (block_ != nullptr) {
        block_->drop(not_sealed - given_);
        block_ = nullptr;
    }
}

} // namespace bus::internal
