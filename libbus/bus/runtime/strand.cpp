#include <bus/runtime/strand.hpp>

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
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
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
