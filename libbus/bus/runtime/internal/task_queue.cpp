#include <bus/runtime/internal/task_queue.hpp>

#include <utility>

namespace bus::internal {

TaskQueue::TaskQueue() {
    for (std::uint64_t number = 0; number < ring_size; ++number) {
        slot(number).turn.store(number, std::memory_order_relaxed);
    }
}

void TaskQueue::push(Task task) {
    // A new task never passes tasks that wait in the list, so tasks of one thread keep their order.
    if (more_ == 0 && push_to_ring(task)) {
        return;
    }
    const std::lock_guard lock{mutex_};
    overflow_.push_back(std::move(task));
    ++more_;
}

std::optional<Task> TaskQueue::take() {
    std::optional<Task> task = take_from_ring();
    if (task || more_ == 0) {
        return task;
    }
    const std::lock_guard lock{mutex_};
    task = take_from_ring(); // others may have emptied the ring and filled it again
    if (!task && !overflow_.empty() && ring_used_up()) {
        task = std::move(overflow_.front());
        overflow_.pop_front();
        --more_;
    }
    return task;
}

bool TaskQueue::empty() const {
    return ring_empty() && (more_ == 0 || !ring_used_up());
}

bool TaskQueue::push_to_ring(Task& task) {
    std::uint64_t number = tail_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t turn = slot(number).turn.load(std::memory_order_acquire);
        if (turn < number) {
            return false; // the task of the previous round is still there
        }
        if (turn > number) {
            number = tail_.load(std::memory_order_relaxed);
        } else if (tail_.compare_exchange_weak(number, number + 1, std::memory_order_relaxed)) {
            break;
        }
    }
    slot(number).task = std::move(task);
    slot(number).turn = number + 1;
    return true;
}

std::optional<Task> TaskQueue::take_from_ring() {
    std::uint64_t number = head_;
    for (;;) {
        const std::uint64_t turn = slot(number).turn.load(std::memory_order_acquire);
        if (turn < number + 1) {
            return std::nullopt;
        }
        if (turn > number + 1) {
            number = head_;
        } else if (head_.compare_exchange_weak(number, number + 1)) {
            break;
        }
    }
    std::optional<Task> task{std::exchange(slot(number).task, nullptr)};
    slot(number).turn.store(number + ring_size, std::memory_order_release);
    return task;
}

bool TaskQueue::ring_empty() const {
    std::uint64_t number = head_;
    for (;;) {
        const std::uint64_t turn = slot(number).turn;
        const std::uint64_t now = head_;
        if (now == number) {
            return turn != number + 1;
        }
        number = now; // others have taken that task: try the next one
    }
}

} // namespace bus::internal
