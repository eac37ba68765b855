#include <bus/runtime/strand.hpp>

#include <utility>

namespace bus {

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
    // All that waits by now: one task a turn would let the queue grow as long as others keep the
    // executor busy. What comes meanwhile has its turn behind what others have posted.
    std::deque<Task> waiting = std::exchange(tasks_, {});
    lock.unlock();
    for (; !waiting.empty(); waiting.pop_front()) {
        waiting.front()();
    }
    lock.lock();
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
