#include <bus/agent/internal/event_box.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace bus::internal {

namespace {

/// Small enough to stay in a core's first-level cache while the consumer keeps up.
constexpr std::size_t chunk_bytes = 16 * 1024;
/// The alignment of the first header of a chunk.
constexpr std::size_t first_alignment = 64;
constexpr std::size_t header_alignment = 8;
/// Bytes for headers and alignment in a chunk that holds one event.
constexpr std::size_t slack = 64;

/// How many bytes ahead of its writing a publisher prefetches: the next few events.
constexpr std::size_t ahead = 512;
constexpr std::size_t line = 64; // bytes

/// Prefetches the cache line of this address for writing. The consumer destroyed an event there, so
/// its core still owns the line, and fetching it takes longer than a publish. Without the prefetch
/// a publisher would wait for the line in its next operation on the lock.
void expect_write(const std::byte* address) noexcept {
#if defined(__x86_64__)
    // Processors without this instruction skip it. The builtin would fetch the line only for
    // reading, because the compiler does not count on this instruction, and the line would be
    // fetched twice.
    asm volatile("prefetchw %0" : : "m"(*address));
#else
    __builtin_prefetch(address, 1);
#endif
}

std::byte* align_up(std::byte* address, std::size_t alignment) noexcept {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    return address + ((alignment - value % alignment) % alignment);
}

} // namespace

struct EventBox::Chunk {
    explicit Chunk(std::size_t size)
        : bytes{size}, memory{std::make_unique_for_overwrite<std::byte[]>(size)} {}

    [[nodiscard]] std::byte* begin() const noexcept {
        return align_up(memory.get(), first_alignment);
    }

    [[nodiscard]] std::byte* end() const noexcept { return memory.get() + bytes; }

    std::size_t bytes;
    std::unique_ptr<std::byte[]> memory;
    std::unique_ptr<Chunk> next;
};

EventBox::EventBox(bool numbered, std::size_t keep)
    : header_bytes_{sizeof(Header) + (numbered ? sizeof(std::uint64_t) : 0)}, keep_{keep} {}

EventBox::~EventBox() {
    while (first_) {
        if (read_ == write_ && first_.get() == last_) {
            break;
        }
        if (at_end()) {
            step_over();
        } else {
            destroy(next());
        }
    }
    destroy_chain(std::move(first_));
    destroy_chain(std::move(finished_));
    destroy_chain(std::move(free_));
}

void EventBox::destroy_chain(std::unique_ptr<Chunk> chunk) noexcept {
    while (chunk) {
        // One after the other: a long chain must not cause deep recursion.
        chunk = std::move(chunk->next);
    }
}

void EventBox::append(const DomainEvent& event, std::uint64_t number) {
    const EventType::Storage& storage = event.type().storage();
    std::byte* place =
        write_ != nullptr ? align_up(write_ + header_bytes_, storage.alignment) : nullptr;
    if (place == nullptr || place + storage.size > limit_) {
        add_chunk(storage.size + storage.alignment + slack);
        place = align_up(write_ + header_bytes_, storage.alignment);
    }
    expect_writes(ahead, ahead + storage.size);
    const DomainEvent* copy = storage.copy(event, place);
    const std::byte* end = align_up(place + storage.size, header_alignment);
    const Header header{
        static_cast<std::uint32_t>(end - write_),
        static_cast<std::uint32_t>(reinterpret_cast<const std::byte*>(copy) - write_)};
    std::memcpy(write_, &header, sizeof header);
    if (header_bytes_ > sizeof header) {
        std::memcpy(write_ + sizeof header, &number, sizeof number);
    }
    write_ += header.stride;
}

/// Continues in another chunk, which has room for at least `bytes`.
void EventBox::add_chunk(std::size_t bytes) {
    std::unique_ptr<Chunk> chunk;
    if (free_ && bytes + first_alignment <= chunk_bytes) {
        chunk = std::move(free_);
        free_ = std::move(chunk->next);
        free_bytes_ -= chunk->bytes;
    } else {
        chunk = std::make_unique<Chunk>(std::max(chunk_bytes, bytes + first_alignment));
    }
    Chunk* const added = chunk.get();
    if (last_ == nullptr) {
        read_ = added->begin();
        first_ = std::move(chunk);
    } else {
        const Header end{0, 0};
        std::memcpy(write_, &end, sizeof end);
        last_->next = std::move(chunk);
    }
    last_ = added;
    write_ = added->begin();
    limit_ = added->end() - sizeof(Header) - header_alignment;
    expect_writes(0, ahead);
}

/// Prefetches the bytes from `first` to `end` after the next header, as far as the chunk has them.
void EventBox::expect_writes(std::size_t first, std::size_t end) const noexcept {
    const std::size_t last = std::min(end, static_cast<std::size_t>(limit_ - write_));
    for (std::size_t at = first; at < last; at += line) {
        expect_write(write_ + at);
    }
}

bool EventBox::at_end() const noexcept {
    Header header{};
    std::memcpy(&header, read_, sizeof header);
    return header.stride == 0;
}

/// Leaves the first chunk, which has been read to the end.
void EventBox::step_over() noexcept {
    std::unique_ptr<Chunk> done = std::move(first_);
    first_ = std::move(done->next);
    done->next = std::move(finished_);
    finished_ = std::move(done);
    read_ = first_->begin();
}

std::uint64_t EventBox::oldest() noexcept {
    while (at_end()) {
        step_over();
    }
    std::uint64_t number = 0;
    std::memcpy(&number, read_ + sizeof(Header), sizeof number);
    return number;
}

DomainEvent& EventBox::next() noexcept {
    while (at_end()) {
        step_over();
    }
    Header header{};
    std::memcpy(&header, read_, sizeof header);
    auto* event = reinterpret_cast<DomainEvent*>(read_ + header.offset);
    read_ += header.stride;
    return *event;
}

void EventBox::drop_oldest() noexcept {
    destroy(next());
    // The event that the consumer is using lies in the oldest finished chunk, or in none of them.
    // The other finished chunks can be reused at once.
    while (finished_ && finished_->next) {
        std::unique_ptr<Chunk> newest = std::move(finished_);
        finished_ = std::move(newest->next);
        give_back(std::move(newest));
    }
}

void EventBox::give_back(std::unique_ptr<Chunk> chunk) noexcept {
    while (chunk) {
        std::unique_ptr<Chunk> rest = std::move(chunk->next);
        if (chunk->bytes == chunk_bytes && free_bytes_ + chunk->bytes <= keep_) {
            free_bytes_ += chunk->bytes;
            chunk->next = std::move(free_);
            free_ = std::move(chunk);
        }
        chunk = std::move(rest);
    }
}

void EventBox::recycle() noexcept {
    give_back(std::move(finished_));
}

void EventBox::rewind() noexcept {
    if (!first_) {
        return;
    }
    while (first_.get() != last_) {
        step_over(); // an append that failed has left an empty chunk
    }
    recycle();
    read_ = first_->begin();
    write_ = read_;
}

} // namespace bus::internal
