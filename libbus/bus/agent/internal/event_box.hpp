#pragma once

#include <bus/event/domain_event.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace bus::internal {

/// A queue of events of different types, each stored by value, in chunks of memory that are reused.
/// Publishers append; one consumer reads an event in place and destroys it there.
///
/// The queue has no lock. Its two sides may be used at the same time: `append` and `recycle` by the
/// thread that holds the owner's lock, `next` and `destroy` by the consumer. The owner tells the
/// consumer, under that lock, for how many events it may call `next`. This alone orders the two
/// sides: neither writes a byte that the other reads before the consumer is told.
class EventBox {
public:
    /// `numbered`: each event keeps the number with which it was appended. `keep`: how many bytes
    /// of memory an empty box keeps at most; it always keeps one chunk.
    EventBox(bool numbered, std::size_t keep);
    EventBox(const EventBox&) = delete;
    EventBox& operator=(const EventBox&) = delete;
    ~EventBox();

    /// Copies the event into the box. Throws what its copy throws, or std::bad_alloc; the box is
    /// then unchanged.
    void append(const DomainEvent& event, std::uint64_t number);

    /// Reuses the memory of events that were destroyed.
    void recycle() noexcept;

    /// The same for an empty box of which no event is in use. The next events are stored at the
    /// beginning of the chunk again, in memory that is likely to be in a cache.
    void rewind() noexcept;

    /// Returns the number of the oldest event. The box must be numbered, and must not be empty.
    [[nodiscard]] std::uint64_t oldest() noexcept;

    /// Takes the oldest event out of the box; it stays in its place until `destroy`. The box must
    /// not be empty.
    DomainEvent& next() noexcept;

    /// Destroys an event that `next` returned.
    static void destroy(DomainEvent& event) noexcept { event.type().storage().destroy(event); }

    /// Takes out and destroys the oldest event of a box that is not empty. The consumer may be
    /// using the event that it took last. Needs the lock. The consumer must take one event at a
    /// time, under the lock as well: `recycle`, `next`, `recycle`.
    void drop_oldest() noexcept;

private:
    struct Chunk;

    /// Stored before each event.
    struct Header {
        std::uint32_t stride; ///< bytes to the next header; 0: it is in the next chunk
        std::uint32_t offset; ///< bytes to the event's DomainEvent
    };

    static std::unique_ptr<Chunk> make_chunk(std::size_t bytes);
    static void destroy_chain(std::unique_ptr<Chunk> chunk) noexcept;
    void add_chunk(std::size_t bytes);
    void expect_writes(std::size_t first, std::size_t end) const noexcept;
    [[nodiscard]] bool at_end() const noexcept;
    void step_over() noexcept;
    void give_back(std::unique_ptr<Chunk> chunk) noexcept;

    // The publishers' side.
    std::byte* write_ = nullptr; ///< where the next header goes
    std::byte* limit_ = nullptr; ///< end of the chunk, less room for a last header
    Chunk* last_ = nullptr;
    std::size_t free_bytes_ = 0;
    std::unique_ptr<Chunk> free_;
    std::size_t header_bytes_;
    std::size_t keep_;

    // The consumer's side, on a cache line of its own.
    alignas(64) std::byte* read_ = nullptr;
    std::unique_ptr<Chunk> first_;    ///< the chain that ends with last_
    std::unique_ptr<Chunk> finished_; ///< chunks that are read to the end and can be reused
};

} // namespace bus::internal
