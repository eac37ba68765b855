#pragma once

#include <bus/dispatch/internal/fence.hpp>
#include <bus/dispatch/internal/snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace bus::detail {

/// One dispatch under way: which snapshot it runs, and which handler of it just now. Written by its
/// thread only, read by those who want to free the one or to end the other.
struct Frame {
    std::atomic<const Snapshot*> snapshot{nullptr};
    std::atomic<const HandlerSlot*> running{nullptr};
};

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
        Publisher* const publisher = current_;
        return publisher != nullptr ? *publisher : attach();
    }

    /// This thread's, or null where it has never published.
    static Publisher* current_if_any() noexcept { return current_; }

    /// True while a dispatch is under way. Only the thread itself may ask.
    [[nodiscard]] bool dispatching() const noexcept { return top_ != near_.data(); }

    /// True while one of these topics is. Only the thread itself may ask.
    [[nodiscard]] bool dispatching(const Topics& topics) noexcept;

    Frame& enter() {
        Frame* const frame = top_;
        if (frame == near_.data() + near_.size()) [[unlikely]] {
            return enter_far();
        }
        top_ = frame + 1;
        return *frame;
    }

    void leave(Frame& frame) noexcept {
        frame.running.store(nullptr, light_store);
        frame.snapshot.store(nullptr, light_store);
        if (far_depth_ == 0) [[likely]] {
            top_ = &frame;
        } else {
            --far_depth_;
        }
        light_fence();
        if (notes_.load(light_load) != 0) [[unlikely]] {
            heed_notes();
        }
    }

    /// To be called after each change of a frame's running handler.
    void tell_those_who_wait() noexcept {
        if ((notes_.load(light_load) & asked) != 0) [[unlikely]] {
            tell();
        }
    }

    /// Leaves what is left to do about an ended slot for the end of the outermost dispatch.
    void end_later(SlotRef slot) noexcept;

    /// Calls `see` with every frame of every thread.
    template <class See>
    static void for_each_frame(See see);

    /// Asks the threads that run the slot to say when they change to another. True: there are some.
    static bool ask_those_who_run(const HandlerSlot& slot) noexcept;

private:
    struct Lease;

    struct Farther {
        std::array<Frame, 64> frames;
        std::atomic<Farther*> next{nullptr};
    };

    static constexpr std::size_t near_frames = 7;

    static constexpr std::uint32_t asked = 1;    ///< somebody waits for a change of what runs here
    static constexpr std::uint32_t to_end = 2;   ///< when the outermost dispatch ends: ended_
    static constexpr std::uint32_t borrowed = 4; ///< then: to be given back

    static Publisher& attach();
    Frame& enter_far();
    void tell() noexcept;
    void heed_notes() noexcept;

    template <class See>
    void for_own_frames(See see);

    static constinit thread_local Publisher* current_;

    std::array<Frame, near_frames> near_;
    Frame* top_ = near_.data(); ///< the owner's: the next frame
    std::size_t far_depth_ = 0; ///< the owner's: frames in use beyond the near ones
    std::atomic<std::uint32_t> notes_{0};
    HandlerSlot* ended_ = nullptr; ///< the owner's list, which holds a reference to each
    std::atomic<Farther*> farther_{nullptr};
    Publisher* next_ = nullptr; ///< in the list of all; set before it is in it
};

/// Frees snapshots that no publish finds any more, as soon as no thread runs them.
void retire(SnapshotList& snapshots) noexcept;

/// Frees what can be freed of what was retired. The caller has fenced heavily since.
void reclaim() noexcept;

/// Returns when the slot's handler runs on no thread. It has ended before.
void wait_until_not_running(const HandlerSlot& slot) noexcept;

/// Takes an ended slot out of its topics, waits until its handler runs nowhere, and destroys it.
/// Inside a dispatch, the wait and what comes after it are left for the end of the outermost one.
void finish_ending(SlotRef slot) noexcept;

} // namespace bus::detail
