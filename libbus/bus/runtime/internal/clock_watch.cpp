#include <bus/runtime/internal/clock_watch.hpp>

#include <algorithm>
#include <chrono>

namespace bus::internal {

namespace {

/// A smaller difference is not a step of the clock: the thread was preempted while it read the two
/// clocks.
constexpr Duration least_step = std::chrono::milliseconds{100};

bool is_step(Duration by) {
    return by >= least_step || by <= -least_step;
}

} // namespace

ClockWatch::ClockWatch(Runtime& runtime) : runtime_{runtime}, lead_{runtime.read_clocks().lead()} {}

void ClockWatch::on_set(OnSet tell) {
    const Lock lock{mutex_};
    on_set_ = std::move(tell);
}

void ClockWatch::add(std::weak_ptr<ClockUser> user) {
    const Lock lock{mutex_};
    users_.push_back(std::move(user));
}

void ClockWatch::watch() {
    Lock lock{mutex_};
    begin(lock);
}

void ClockWatch::at(Timestamp due, Task task) {
    Lock lock{mutex_};
    if (!stopped_) {
        tasks_.add(due, std::move(task));
        arm(lock);
        begin(lock);
    }
}

void ClockWatch::stop() {
    std::shared_ptr<void> watched; // destroyed without the lock, like the tasks
    std::vector<Task> dropped;
    const Lock lock{mutex_};
    stopped_ = true;
    watched.swap(watching_);
    while (std::optional<Task> task = tasks_.take_first()) {
        dropped.push_back(std::move(*task));
    }
    if (armed_) {
        runtime_.cancel(*armed_);
        armed_.reset();
    }
}

/// Starts watching the clock. If the clock was set while it was not watched, runs one check at
/// once.
void ClockWatch::begin(Lock& /*lock*/) {
    ++asked_;
    if (watching_ || stopped_) {
        return;
    }
    watching_ = runtime_.watch_wall_clock([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->look();
        }
    });
    if (is_step(runtime_.read_clocks().lead() - lead_)) {
        runtime_.pool().post([self = shared_from_this()] { self->look(); });
    }
}

void ClockWatch::look() {
    Duration by{};
    std::uint64_t asked = 0;
    OnSet tell;
    std::vector<Task> due;
    std::vector<std::shared_ptr<ClockUser>> all;
    {
        Lock lock{mutex_};
        if (stopped_) {
            return;
        }
        const ClockReading now = runtime_.read_clocks();
        asked = asked_;
        if (is_step(now.lead() - lead_)) {
            by = now.lead() - lead_;
            lead_ = now.lead();
            tell = on_set_;
            all = users(lock);
        }
        while (std::optional<Task> task = tasks_.take_due(now.wall)) {
            due.push_back(std::move(*task));
        }
        if (armed_) {
            runtime_.cancel(*armed_);
            armed_.reset();
        }
        arm(lock);
    }
    for (const auto& user : all) {
        user->on_clock_set(by);
    }
    for (const Task& task : due) {
        task();
    }
    if (tell) {
        tell(by);
    }
    rest(asked);
}

void ClockWatch::rest(std::uint64_t asked) {
    std::shared_ptr<void> watched; // destroyed without the lock
    Lock lock{mutex_};
    const auto all = users(lock);
    lock.unlock();
    if (std::any_of(all.begin(), all.end(),
                    [](const auto& user) { return user->waits_for_time(); })) {
        return;
    }
    lock.lock();
    if (asked == asked_ && !tasks_.next_due()) {
        watched.swap(watching_);
    }
}

/// Ensures that a check runs when the first task is due.
void ClockWatch::arm(Lock& /*lock*/) {
    const std::optional<Timestamp> due = tasks_.next_due();
    if (!due || (armed_ && armed_for_ <= *due)) {
        return;
    }
    if (armed_) {
        runtime_.cancel(*armed_);
    }
    armed_for_ = *due;
    const ClockReading now = runtime_.read_clocks();
    armed_ = runtime_.schedule(now.steady_of(*due) - now.steady, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->look();
        }
    });
}

std::vector<std::shared_ptr<ClockUser>> ClockWatch::users(Lock& /*lock*/) {
    std::vector<std::shared_ptr<ClockUser>> all;
    std::erase_if(users_, [&all](const std::weak_ptr<ClockUser>& user) {
        auto here = user.lock();
        const bool gone = here == nullptr;
        if (!gone) {
            all.push_back(std::move(here));
        }
        return gone;
    });
    return all;
}

} // namespace bus::internal
