#pragma once

#include <bus/event/domain_event.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace bus::internal {

/// A queue of events of mixed types, each kept by value, in chunks of memory that are used again.
/// Publishers append; one consumer reads an event where it lies and destroys it there.
///
/// It has no lock, and two sides that may be used at the same time: `append` and `recycle` belong
/// to whoever holds the owner's lock, `next` and `destroy` to the one consumer, which may call
/// `next` for as many events as it was told of under that lock. What is between the two is
/// ordered by that telling alone: no side writes a byte that the other reads before it.
class EventBox {
public:
    /// `numbered`: each event keeps the number that it was appended with. `keep`: bytes of memory
    /// that an empty box holds on to at most, or one chunk.
    EventBox(bool numbered, std::size_t keep);
    EventBox(const EventBox&) = delete;
    EventBox& operator=(const EventBox&) = delete;
    ~EventBox();

    /// Copies the event in. Throws what its copy throws or std::bad_alloc, and is unchanged then.
    void append(const DomainEvent& event, std::uint64_t number);

    /// Takes back the memory of what was destroyed.
    void recycle() noexcept;

    /// The same where the box is empty, and nothing taken out of it is in use: what comes next
    /// comes to lie where the last one did, which is the memory that is likely in a cache.
    void rewind() noexcept;

    /// The number of the oldest event. Of a numbered box that is not empty.
    [[nodiscard]] std::uint64_t oldest() noexcept;

    /// The oldest event, which is out of the box then, though it lies there until `destroy`. Of a
    /// box that is not empty.
    DomainEvent& next() noexcept;

    static void destroy(DomainEvent& event) noexcept { event.type().storage().destroy(event); }

    /// Takes out and destroys the oldest event of a box that is not empty, while the consumer may
    /// be at work on the one that it took last. Needs the lock, and a consumer that takes one at a
    /// time, under the lock as well: `recycle`, `next`, `recycle`.
    void drop_oldest() noexcept;

private:
    struct Chunk;

    /// What lies before each event.
    struct Header {
        std::uint32_t stride; ///< bytes to the next header; 0: go on in the next chunk
        std::uint32_t offset; ///< bytes to the event's DomainEvent
    };

    static std::unique_ptr<Chunk> make_chunk(std::size_t bytes);
    static void destroy_chain(std::unique_ptr<Chunk> chunk) noexcept;
    void add_chunk(std::size_t bytes);
    void expect_writes(std::size_t first, std::size_t end) const noexcept;
    [[nodiscard]] bool at_end() const noexcept;
    void step_over() noexcept;
    void give_back(std::unique_ptr<Chunk> chunk) noexcept;

    // The side of those who append.
    std::byte* write_ = nullptr; ///< where the next header goes
    std::byte* limit_ = nullptr; ///< end of the chunk, less a last header
    Chunk* last_ = nullptr;
    std::size_t free_bytes_ = 0;
    std::unique_ptr<Chunk> free_;
    std::size_t header_bytes_;
    std::size_t keep_;

    // The side of the consumer, on a line of its own.
    alignas(64) std::byte* read_ = nullptr;
    std::unique_ptr<Chunk> first_;    ///< of the chain that ends with last_
    std::unique_ptr<Chunk> finished_; ///< read to their ends, to be recycled
};

} // namespace bus::internal
