#pragma once

#include <bus/dispatch/internal/fence.hpp>
#include <bus/dispatch/internal/snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace bus::detail {

/// One dispatch under way: which snapshot it runs, and which handler of it just now. Written by its
/// thread only, read by those who want to free the one or to end the other. Where there is no
/// snapshot the frame is free. It then names no handler either: that would look as if it ran in a
/// later dispatch of the frame, until that one runs another, which may be long or never.
struct Frame {
    std::atomic<const Snapshot*> snapshot{nullptr};
    std::atomic<const HandlerSlot*> running{nullptr};
    const HandlerSlot* tied = nullptr; ///< the owner's: what ran last, where `running` had to go
    std::atomic<bool> asked{false};    ///< by somebody who waits until it runs another handler
};

/// To be called where a frame's `asked` is found true, after `running` has changed.
[[gnu::cold]] void tell_those_who_wait(Frame& frame) noexcept;

/// A thread that publishes: its frames, one for each dispatch that is nested on it. Threads get
/// theirs at their first publish and give it back at their end; it is then used again, and never
/// freed.
class alignas(64) Publisher {
public:
    Publisher() = default;
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher() = default;

    /// This thread's.
    static Publisher& current() {
        Publisher* const publisher = of_this_thread;
        return publisher != nullptr ? *publisher : attach();
    }

    /// This thread's, or null where it has never published.
    static Publisher* current_if_any() noexcept { return of_this_thread; }

    /// True while a dispatch is under way. Only the thread itself may ask.
    [[nodiscard]] bool dispatching() const noexcept {
        return first_.snapshot.load(std::memory_order_relaxed) != nullptr;
    }

    /// True while one of these topics is. Only the thread itself may ask.
    [[nodiscard]] bool dispatching(const Topics& topics) noexcept;

    /// A free frame. It is taken by naming a snapshot in it, which must come next.
    Frame& enter() { return dispatching() ? enter_nested() : first_; }

    template <class Fence>
    void leave(Frame& frame) noexcept {
        frame.snapshot.store(nullptr, light_store);
        frame.running.store(nullptr, light_store);
        Fence::light();
        if (frame.asked.load(light_load)) [[unlikely]] {
            tell_those_who_wait(frame);
        }
        if (todo_ != 0) [[unlikely]] {
            leave_with_care();
        }
    }

    /// Leaves what is left to do about an ended slot for the end of the outermost dispatch.
    void end_later(const SlotRef& slot) noexcept;

    /// Leaves the wait for a slot that somebody else is ending for the end of the outermost
    /// dispatch. To be called at most once for a slot, by whoever had its handle.
    void await_later(const SlotRef& slot) noexcept;

    /// Inside a dispatch: once enough have gathered, destroys the ended ones whose handlers run
    /// nowhere. A loop that runs inside a handler would keep all that ends in it otherwise.
    void release_idle() noexcept;

    /// Calls `see` with each frame of each thread.
    template <class See>
    static void for_each_frame(See see);

    /// Whether some thread runs the slot. It has ended, and a heavy fence came since.
    static bool runs(const HandlerSlot& slot) noexcept;

    /// Asks the threads that run the slot to say when they change to another. True: there are some.
    static bool ask_those_who_run(const HandlerSlot& slot) noexcept;

private:
    struct Lease;

    struct Piece {
        std::array<Frame, 32> frames;
        std::atomic<Piece*> next{nullptr};
    };

    // Parts of todo_.
    static constexpr std::size_t ending = 1;     ///< there is something in ended_ or awaited_
    static constexpr std::size_t borrowed = 2;   ///< to be given back after the outermost dispatch
    static constexpr std::size_t one_nested = 4; ///< and how many dispatches are nested

    static Publisher& attach();
    Frame& enter_nested();
    void leave_with_care() noexcept;
    bool finish_first_ended() noexcept;
    bool await_first_awaited() noexcept;

    /// A list through a member of HandlerSlot::Info; it holds a reference to each.
    template <auto Next>
    static HandlerSlot* take_idle(HandlerSlot*& list, std::size_t& kept) noexcept;

    template <class See>
    void for_own_frames(See see);

#ifdef __GLIBC__
    // Saves a shared library a call; it works for few bytes: see per_thread.hpp.
    [[gnu::tls_model("initial-exec")]]
#endif
    static constinit thread_local Publisher* of_this_thread;

    Frame first_;                    ///< of the outermost dispatch
    std::size_t todo_ = 0;           ///< the owner's: what leaving must heed
    std::size_t gathered_ = 0;       ///< the owner's: ended since it last released idle ones
    std::size_t kept_ = 0;           ///< the owner's: those that ran then
    HandlerSlot* ended_ = nullptr;   ///< the owner's list, which holds a reference to each
    Piece nested_;                   ///< of the dispatches inside it
    HandlerSlot* awaited_ = nullptr; ///< as ended_, of those that others are ending
    Publisher* next_ = nullptr;      ///< in the list of all; set before it is in it
};

/// Frees snapshots that no publish finds any more, as soon as no thread runs them.
void retire(SnapshotList& snapshots) noexcept;

/// Frees what can be freed of what was retired.
void reclaim() noexcept;

/// Returns when the slot's handler runs on no thread. It has ended before.
void wait_until_not_running(const HandlerSlot& slot) noexcept;

/// Takes an ended slot out of its topics, waits until its handler runs nowhere, and destroys it.
/// Inside a dispatch, the wait and what comes after it are left for the end of the outermost one.
void finish_ending(const SlotRef& slot) noexcept;

/// For who gives up the handle of a slot that somebody else is ending: waits until its handler runs
/// nowhere, and leaves the rest to the other one. Inside a dispatch, the wait is left for the end
/// of the outermost one.
void await_ending(const SlotRef& slot) noexcept;

} // namespace bus::detail
