#pragma once

#include <bus/dispatch/internal/fence.hpp>
#include <bus/dispatch/internal/snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace bus::detail {

/// One dispatch under way: which snapshot it runs, and which of its handlers runs now. Only its own
/// thread writes it; threads that want to free the snapshot or to end the handler read it. If there
/// is no snapshot, the frame is free. A free frame must not name a handler: that handler would seem
/// to run in the frame's next dispatch until this runs another handler, which may take long or
/// never happen.
struct Frame {
    std::atomic<const Snapshot*> snapshot{nullptr};
    std::atomic<const HandlerSlot*> running{nullptr};
    const HandlerSlot* tied = nullptr; ///< for its thread: what ran last, if `running` was cleared
    std::atomic<bool> asked{false}; ///< by a thread that waits until the frame runs another handler
};

/// To be called if a frame's `asked` is true after `running` has changed. Wakes the waiting
/// threads.
[[gnu::cold]] void tell_those_who_wait(Frame& frame) noexcept;

/// A thread that publishes: its frames, one for each dispatch that is nested on it. A thread gets
/// its publisher at its first publish, and gives it back when it ends. Publishers are used again,
/// and are never freed.
class alignas(64) Publisher {
public:
    Publisher() = default;
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher() = default;

    /// This thread's publisher.
    static Publisher& current() {
        Publisher* const publisher = of_this_thread;
        return publisher != nullptr ? *publisher : attach();
    }

    /// This thread's publisher; null if it has none.
    static Publisher* current_if_any() noexcept { return of_this_thread; }

    /// True while a dispatch is under way. Only the thread itself may ask.
    [[nodiscard]] bool dispatching() const noexcept {
        return first_.snapshot.load(std::memory_order_relaxed) != nullptr;
    }

    /// True while a dispatch of these topics is under way. Only the thread itself may ask.
    [[nodiscard]] bool dispatching(const Topics& topics) noexcept;

    /// Returns a free frame. The caller takes it by naming a snapshot in it, and must do that next.
    Frame& enter() { return dispatching() ? enter_nested() : first_; }

    /// Frees a frame. At the end of the outermost dispatch, does the work that was left for then.
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

    /// Leaves the rest of ending a slot to the end of the outermost dispatch.
    void end_later(const SlotRef& slot) noexcept;

    /// Leaves the wait for a slot that is being ended elsewhere to the end of the outermost
    /// dispatch. To be called at most once for a slot, by the thread that had its handle.
    void await_later(const SlotRef& slot) noexcept;

    /// Inside a dispatch: destroys the ended slots whose handlers run nowhere, once enough have
    /// gathered. Otherwise a loop that runs inside a handler would keep everything that ends in it.
    void release_idle() noexcept;

    /// Calls `see` with each frame of each thread.
    template <class See>
    static void for_each_frame(See see);

    /// True if some thread runs the slot. Before the call the slot must have ended, and then a
    /// heavy fence must have come.
    static bool runs(const HandlerSlot& slot) noexcept;

    /// Asks the threads that run the slot to report when they run another one. Returns true if
    /// there are any.
    static bool ask_those_who_run(const HandlerSlot& slot) noexcept;

private:
    struct Lease;

    struct Piece {
        std::array<Frame, 32> frames;
        std::atomic<Piece*> next{nullptr};
    };

    // Parts of todo_.
    static constexpr std::size_t ending = 1;   ///< ended_ or awaited_ is not empty
    static constexpr std::size_t borrowed = 2; ///< to be given back after the outermost dispatch
    /// This and the bits above count the nested dispatches.
    static constexpr std::size_t one_nested = 4;

    static Publisher& attach();
    Frame& enter_nested();
    void leave_with_care() noexcept;
    bool finish_first_ended() noexcept;
    bool await_first_awaited() noexcept;

    /// Takes the idle slots out of a list that is linked through a member of HandlerSlot::Info. The
    /// list holds a reference to each slot.
    template <auto Next>
    static HandlerSlot* take_idle(HandlerSlot*& list, std::size_t& kept) noexcept;

    template <class See>
    void for_own_frames(See see);

#ifdef __GLIBC__
    // Saves a call in a shared library. It is possible only for a few bytes: see per_thread.hpp.
    [[gnu::tls_model("initial-exec")]]
#endif
    static constinit thread_local Publisher* of_this_thread;

    Frame first_;                    ///< of the outermost dispatch
    std::size_t todo_ = 0;           ///< for its thread: what leave() must do
    std::size_t gathered_ = 0;       ///< for its thread: ended since it last released idle ones
    std::size_t kept_ = 0;           ///< for its thread: how many of them ran then
    HandlerSlot* ended_ = nullptr;   ///< for its thread: a list that holds a reference to each
    Piece nested_;                   ///< of the dispatches inside the outermost one
    HandlerSlot* awaited_ = nullptr; ///< as ended_, of slots that are being ended elsewhere
    Publisher* next_ = nullptr;      ///< in the list of all publishers; set before it is added
};

/// Frees snapshots that no publish finds any more, as soon as no thread runs them.
void retire(SnapshotList& snapshots) noexcept;

/// Frees the retired snapshots that no thread runs.
void reclaim() noexcept;

/// Returns when the slot's handler runs on no thread. The slot must have ended.
void wait_until_not_running(const HandlerSlot& slot) noexcept;

/// Takes an ended slot out of its topics, waits until its handler runs nowhere, and destroys the
/// handler. Inside a dispatch, the wait and what follows it are left to the end of the outermost
/// one.
void finish_ending(const SlotRef& slot) noexcept;

/// For a caller that gives up the handle of a slot which is being ended elsewhere: waits until the
/// handler runs nowhere, and leaves the rest to the other. Inside a dispatch, the wait is left to
/// the end of the outermost one.
void await_ending(const SlotRef& slot) noexcept;

} // namespace bus::detail
