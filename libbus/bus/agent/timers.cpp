#include <bus/agent/timers.hpp>
#include <bus/runtime/internal/saturating.hpp>

#include <algorithm>
#include <exception>

namespace bus {

Timers::Timers(Runtime& runtime, Fire fire, OnTrouble on_trouble, std::function<void()> on_change,
               const void* bus)
    : runtime_{runtime},
      fire_{std::move(fire)},
      on_trouble_{std::move(on_trouble)},
      on_change_{std::move(on_change)},
      bus_{bus} {}

void Timers::start(TimerHandle handle, Duration delay, std::shared_ptr<const DomainEvent> event) {
    const SteadyTime due = internal::later(runtime_.steady_now(), delay);
    std::unique_lock lock{mutex_};
    if (stopped_) {
        ++dropped_;
        return;
    }
    const Key key{due, ++last_number_};
    timers_.emplace(key, Timer{handle, std::move(event)});
    keys_.emplace(handle.number, key);
    arm(lock);
}

bool Timers::cancel(TimerHandle handle) {
    // Destroyed after the lock is released: it is the host's event.
    decltype(timers_)::node_type cancelled;
    const std::lock_guard lock{mutex_};
    const auto found = keys_.find(handle.number);
    if (found == keys_.end()) {
        return false;
    }
    cancelled = timers_.extract(found->second);
    keys_.erase(found);
    return true; // a wake-up that finds no timer due does no harm
}

/// Makes sure that a wake-up comes for the first timer. The lock is held.
void Timers::arm(std::unique_lock<std::mutex>& /*lock*/) {
    if (firing_ || timers_.empty()) {
        return; // the thread that fires looks again when it is done
    }
    const SteadyTime due = timers_.begin()->first.due;
    if (armed_ && armed_for_ <= due) {
        return;
    }
    if (armed_) {
        runtime_.cancel(*armed_);
    }
    armed_for_ = due;
    const Duration delay = due - runtime_.steady_now();
    auto wake = [weak = weak_from_this(), due] {
        if (const auto self = weak.lock()) {
            self->fire_due(due);
        }
    };
    if (delay <= Duration::zero()) {
        armed_ = Runtime::TimerId{0}; // not a timer of the runtime, so there is nothing to cancel
        runtime_.pool().post(std::move(wake));
    } else {
        armed_ = runtime_.schedule(delay, std::move(wake));
    }
}

/// Fires the timers that are due. `due` is the time of this wake-up: it counts as reached even if
/// the host's own timers are a little ahead of the steady clock.
void Timers::fire_due(SteadyTime due) {
    std::unique_lock lock{mutex_};
    if (armed_ && armed_for_ == due) {
        armed_.reset();
    }
    if (firing_ || stopped_) {
        return;
    }
    const SteadyTime until = std::max(due, runtime_.steady_now());
    firing_ = true;
    while (!stopped_ && !timers_.empty() && timers_.begin()->first.due <= until) {
        auto first = timers_.extract(timers_.begin());
        keys_.erase(first.mapped().handle.number);
        lock.unlock();
        fire(first.mapped().event);
        first = {}; // destroy the event while the lock is not held
        lock.lock();
    }
    firing_ = false;
    arm(lock);
    changed_.notify_all();
    lock.unlock();
    on_change_();
}

void Timers::fire(const std::shared_ptr<const DomainEvent>& event) noexcept {
    const WorkerScope scope{bus_, this};
    try {
        fire_(stamped_copy(*event)); // the time of the event is now, whenever it was scheduled
    } catch (const std::exception& error) {
        on_trouble_(error.what());
    } catch (...) {
        on_trouble_("what was thrown is not a std::exception");
    }
}

std::size_t Timers::pending() const {
    const std::lock_guard lock{mutex_};
    return timers_.size() + dropped_;
}

bool Timers::idle() const {
    const std::lock_guard lock{mutex_};
    if (firing_) {
        return WorkerScope::works_for(*this);
    }
    return timers_.empty() || timers_.begin()->first.due > runtime_.steady_now();
}

bool Timers::waits_for_time() {
    const std::lock_guard lock{mutex_};
    return !timers_.empty();
}

void Timers::begin_stop() {
    std::map<Key, Timer> dropped; // destroyed after the lock is released
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped_ += timers_.size();
    dropped.swap(timers_);
    keys_.clear();
    if (armed_ && *armed_ != 0) {
        runtime_.cancel(*armed_);
    }
    armed_.reset();
}

void Timers::stop() {
    begin_stop();
    if (!WorkerScope::active_for(bus_)) {
        std::unique_lock lock{mutex_};
        runtime_.wait(lock, changed_, [this] { return !firing_; });
    }
}

} // namespace bus
