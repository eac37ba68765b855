#pragma once

#include <bus/runtime/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace bus::internal {

/// A first-in-first-out queue of tasks for many threads. Tasks take tickets 0, 1, 2, ... as they
/// come and leave in that order. Ticket t lives in lane t mod lanes, and each lane has a lock of
/// its own, so that two threads meet in a lock only where one is a whole round ahead of the other.
/// Holds no memory per task in steady state. Thread safe. Decision 0010 tells why it looks like
/// this.
class TicketQueue {
public:
    /// `threads`: how many will take, roughly; it decides the number of lanes.
    explicit TicketQueue(unsigned threads);

    /// Ends the program where there is no memory for the task: its ticket could not be given back.
    void push(Task task) noexcept;
    /// The first task that nobody has claimed; none where the queue is empty. Where the thread that
    /// pushes that very task is on its way, waits for it.
    std::optional<Task> take();

    [[nodiscard]] bool empty() const { return claimed_ >= pushed_; }

private:
    static constexpr std::size_t line = 64; // bytes; keeps what different threads write apart

    /// The tasks of every lanes-th ticket, each at its place: places fill and empty out of order.
    class alignas(line) Lane {
    public:
        void put(std::uint64_t place, Task task) noexcept;
        Task take(std::uint64_t place);

    private:
        enum class State : std::uint8_t { expected, here, taken };

        struct Slot {
            Task task;
            State state = State::expected;
        };

        static constexpr std::size_t smallest = 8;
        static constexpr std::size_t kept = 4096; // slots; more than that is given back

        Slot& slot(std::uint64_t place) { return slots_[place & (slots_.size() - 1)]; }

        void make_slots(std::size_t count);

        std::mutex mutex_;
        std::condition_variable arrived_;
        unsigned waiting_ = 0;
        std::uint64_t first_ = 0; // the first place that is not taken
        std::uint64_t end_ = 0;   // past the last place that was filled
        std::vector<Slot> slots_{smallest};
    };

    Lane& lane(std::uint64_t ticket) { return lanes_[ticket & (lanes_.size() - 1)]; }

    std::uint64_t place(std::uint64_t ticket) const { return ticket / lanes_.size(); }

    std::vector<Lane> lanes_;
    alignas(line) std::atomic<std::uint64_t> tickets_{0}; // given to tasks that come
    std::atomic<std::uint64_t> pushed_{0};                // tasks that have been put
    alignas(line) std::atomic<std::uint64_t> claimed_{0}; // tickets of tasks that leave
};

} // namespace bus::internal
