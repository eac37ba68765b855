#include <bus/delivery/internal/step_gate.hpp>

#include <utility>

namespace bus::internal {

bool StepGate::enter(Task again) {
    const std::lock_guard lock{mutex_};
    if (alone_ || !want_alone_.empty()) {
        want_.push_back(std::move(again));
        return false;
    }
    ++inside_;
    return true;
}

void StepGate::leave() {
    std::unique_lock lock{mutex_};
    --inside_;
    begin_next_alone(lock);
}

void StepGate::enter_alone(Task run) {
    std::unique_lock lock{mutex_};
    want_alone_.push_back(std::move(run));
    begin_next_alone(lock);
}

void StepGate::leave_alone() {
    std::unique_lock lock{mutex_};
    alone_ = false;
    begin_next_alone(lock);
    if (alone_) {
        return;
    }
    for (const Task& again : std::exchange(want_, {})) {
        again();
    }
}

void StepGate::begin_next_alone(std::unique_lock<std::mutex>& /*lock*/) {
    if (alone_ || inside_ != 0 || want_alone_.empty()) {
        return;
    }
    alone_ = true;
    const Task run = std::move(want_alone_.front());
    want_alone_.pop_front();
    run();
}

} // namespace bus::internal
