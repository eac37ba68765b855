#include <bus/runtime/strand.hpp>

#include <algorithm>
#include <utility>

namespace bus {

namespace {

constexpr std::size_t tasks_of_a_turn = 256;

} // namespace

void Strand::post(Task task) {
    {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
        if (running_) {
            return;
        }
        running_ = true;
    }
    executor_.post([self = shared_from_this()] { self->run(); });
}

bool Strand::idle() const {
    const std::lock_guard lock{mutex_};
    return !running_;
}

void Strand::run() {
    std::unique_lock lock{mutex_};
    // With one task per turn, the queue would grow for as long as other tasks keep the executor
    // busy. Tasks that arrive meanwhile, or exceed the limit, wait behind what others have posted.
    for (std::size_t left = std::min(tasks_.size(), tasks_of_a_turn); left != 0; --left) {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        task = {}; // freeing what it holds may take long; others must not wait for that to post
        lock.lock();
    }
    if (tasks_.empty()) {
        running_ = false;
        lock.unlock();
        if (on_idle_) {
            on_idle_();
        }
        return;
    }
    lock.unlock();
    executor_.post([self = shared_from_this()] { self->run(); });
}

} // namespace bus
