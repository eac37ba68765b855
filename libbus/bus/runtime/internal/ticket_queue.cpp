#include <bus/runtime/internal/ticket_queue.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace bus::internal {

TicketQueue::TicketQueue(unsigned threads)
    : lanes_(std::bit_ceil(std::clamp<std::size_t>(std::size_t{threads} * 4, 8, 128))) {}

void TicketQueue::push(Task task) noexcept {
    const std::uint64_t ticket = tickets_++;
    lane(ticket).put(place(ticket), std::move(task));
    ++pushed_;
}

std::optional<Task> TicketQueue::take() {
    // A ticket is claimed only where as many tasks have been put: each thread that claims has a
    // task, or one whose pusher stands between its two lines above.
    std::uint64_t ticket = claimed_;
    do {
        if (ticket >= pushed_) {
            return std::nullopt;
        }
    } while (!claimed_.compare_exchange_weak(ticket, ticket + 1));
    return lane(ticket).take(place(ticket));
}

void TicketQueue::Lane::put(std::uint64_t place, Task task) noexcept {
    const std::lock_guard lock{mutex_};
    while (place - first_ >= slots_.size()) {
        make_slots(slots_.size() * 2);
    }
    slot(place).task = std::move(task);
    slot(place).state = State::here;
    end_ = std::max(end_, place + 1);
    if (waiting_ > 0) {
        arrived_.notify_all();
    }
}

Task TicketQueue::Lane::take(std::uint64_t place) {
    std::unique_lock lock{mutex_};
    const auto here = [&] { return place < end_ && slot(place).state == State::here; };
    if (!here()) {
        ++waiting_;
        arrived_.wait(lock, here);
        --waiting_;
    }
    Task task = std::exchange(slot(place).task, nullptr);
    slot(place).state = State::taken;
    while (first_ < end_ && slot(first_).state == State::taken) {
        slot(first_).state = State::expected;
        ++first_;
    }
    if (first_ == end_ && slots_.size() > kept) {
        make_slots(smallest);
    }
    return task;
}

void TicketQueue::Lane::make_slots(std::size_t count) {
    std::vector<Slot> slots(count);
    for (std::uint64_t place = first_; place < end_; ++place) {
        slots[place & (count - 1)] = std::move(slot(place));
    }
    slots_ = std::move(slots);
}

} // namespace bus::internal
