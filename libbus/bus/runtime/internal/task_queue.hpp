#pragma once

#include <bus/runtime/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace bus::internal {

/// A first-in-first-out queue of tasks for many threads, without a lock or an allocation as long as
/// no more than `ring_size` tasks wait: a ring whose slots say themselves whose turn it is (D.
/// Vyukov's bounded queue). What comes while the ring is full, or while such tasks wait, goes
/// behind it into a list with a lock. Thread safe. Decision 0010 tells why it looks like this.
///
/// The operations that others rely on to be told (see ThreadPool) are sequentially consistent.
class TaskQueue {
public:
    static constexpr std::size_t ring_size = 2048;

    TaskQueue();

    void push(Task task);
    /// The first task. None where the queue is empty, or where the thread that pushes the first one
    /// has not finished that: push() of that one makes all that are behind it visible as well.
    std::optional<Task> take();
    /// True where take() would find none.
    [[nodiscard]] bool empty() const;

    /// How many tasks the ring was given, and how many of those were taken: once as many were taken
    /// as it was given at some time, none of before that time is left in it.
    [[nodiscard]] std::uint64_t given() const noexcept { return tail_; }

    [[nodiscard]] std::uint64_t taken() const noexcept { return head_; }

private:
    static constexpr std::size_t line = 64; // bytes; keeps apart what different threads write

    struct alignas(line) Slot {
        std::atomic<std::uint64_t> turn; // t: free for task t; t + 1: holds task t
        Task task;
    };

    bool push_to_ring(Task& task);
    std::optional<Task> take_from_ring();
    [[nodiscard]] bool ring_empty() const;

    /// No task is in the ring, and none about to be.
    [[nodiscard]] bool ring_used_up() const { return head_ == tail_; }

    Slot& slot(std::uint64_t number) { return slots_[number % ring_size]; }

    const Slot& slot(std::uint64_t number) const { return slots_[number % ring_size]; }

    std::vector<Slot> slots_{ring_size};
    alignas(line) std::atomic<std::uint64_t> tail_{0}; // number of the next task that comes
    alignas(line) std::atomic<std::uint64_t> head_{0}; // number of the next task that leaves
    alignas(line) std::atomic<std::size_t> more_{0};   // size of overflow_
    std::mutex mutex_;                                 // of overflow_
    std::deque<Task> overflow_;
};

} // namespace bus::internal
