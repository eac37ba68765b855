#pragma once

#include <bus/runtime/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace bus::internal {

/// A first-in-first-out queue of tasks for many threads. Thread safe.
///
/// It takes no lock and allocates nothing as long as no more than `ring_size` tasks wait: they are
/// in a ring whose slots say whose turn it is (D. Vyukov's bounded queue). If the ring is full, or
/// earlier tasks wait outside of the ring, a new task goes into a list with a lock, behind the
/// ring. Decision 0010 gives the reasons for this design.
///
/// ThreadPool relies on the order of some operations; these are sequentially consistent.
class TaskQueue {
public:
    static constexpr std::size_t ring_size = 2048;

    TaskQueue();

    void push(Task task);
    /// The first task. Returns none if the queue is empty, or if a thread has not finished its
    /// push() of the first task. When it finishes, the tasks behind that one become visible too.
    std::optional<Task> take();
    /// True if take() would find none.
    [[nodiscard]] bool empty() const;

    /// How many tasks the ring was given, and how many of these were taken. If taken() has reached
    /// an earlier value of given(), no task from before that moment is left in the ring.
    [[nodiscard]] std::uint64_t given() const noexcept { return tail_; }

    [[nodiscard]] std::uint64_t taken() const noexcept { return head_; }

private:
    static constexpr std::size_t line = 64; // in bytes; separates data that different threads write

    struct alignas(line) Slot {
        std::atomic<std::uint64_t> turn; // t: free for task t; t + 1: holds task t
        Task task;
    };

    bool push_to_ring(Task& task);
    std::optional<Task> take_from_ring();
    [[nodiscard]] bool ring_empty() const;

    /// True if no task is in the ring, and none is being pushed.
    [[nodiscard]] bool ring_used_up() const { return head_ == tail_; }

    Slot& slot(std::uint64_t number) { return slots_[number % ring_size]; }

    const Slot& slot(std::uint64_t number) const { return slots_[number % ring_size]; }

    std::vector<Slot> slots_{ring_size};
    alignas(line) std::atomic<std::uint64_t> tail_{0}; // number of the next task to be pushed
    alignas(line) std::atomic<std::uint64_t> head_{0}; // number of the next task to be taken
    alignas(line) std::atomic<std::size_t> more_{0};   // size of overflow_
    std::mutex mutex_;                                 // guards overflow_
    std::deque<Task> overflow_;
};

} // namespace bus::internal
