#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/timer_queue.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace bus {

/// The tasks of the pool; any of them may run next.
class SimulatedRuntime::PoolQueue final : public Executor {
public:
    void post(Task task) override { tasks.push_back(std::move(task)); }

    std::vector<Task> tasks;
};

/// Tasks that run in order, never one inside another.
class SimulatedRuntime::OrderedQueue final : public Executor {
public:
    explicit OrderedQueue(SimulatedRuntime& runtime) : runtime_{runtime} {
        runtime_.ordered_.push_back(this);
    }

    ~OrderedQueue() override {
        while (!tasks.empty()) {
            run_front();
        }
        std::erase(runtime_.ordered_, this);
    }

    void post(Task task) override { tasks.push_back(std::move(task)); }

    [[nodiscard]] bool ready() const { return !running && !tasks.empty(); }

    void run_front() {
        const Task task = std::move(tasks.front());
        tasks.pop_front();
        running = true;
        task();
        running = false;
    }

    std::deque<Task> tasks;
    bool running = false;

private:
    SimulatedRuntime& runtime_;
};

class SimulatedRuntime::Timers : public internal::TimerQueue<SteadyTime> {};

SimulatedRuntime::SimulatedRuntime(std::uint64_t seed, Timestamp start)
    : ambient_{*this},
      generator_{seed},
      now_{start.time_since_epoch()},
      pool_{std::make_unique<PoolQueue>()},
      timers_{std::make_unique<Timers>()} {}

SimulatedRuntime::~SimulatedRuntime() {
    // Tasks are destroyed one by one, while all parts are there: the destructor of what a task
    // holds may post, schedule and cancel.
    for (;;) {
        if (!pool_->tasks.empty()) {
            const Task task = std::move(pool_->tasks.back());
            pool_->tasks.pop_back();
        } else if (!timers_->take_first()) {
            return;
        }
    }
}

bool SimulatedRuntime::run_one() {
    std::vector<OrderedQueue*> ready;
    std::copy_if(ordered_.begin(), ordered_.end(), std::back_inserter(ready),
                 [](const OrderedQueue* queue) { return queue->ready(); });
    const std::size_t choices = pool_->tasks.size() + ready.size();
    if (choices == 0) {
        return false;
    }
    const std::size_t choice = generator_() % choices;
    if (choice < ready.size()) {
        ready[choice]->run_front();
        return true;
    }
    auto& tasks = pool_->tasks;
    const auto place = tasks.begin() + static_cast<std::ptrdiff_t>(choice - ready.size());
    const Task task = std::move(*place);
    tasks.erase(place);
    task();
    return true;
}

std::size_t SimulatedRuntime::run_ready() {
    std::size_t count = 0;
    while (run_one()) {
        ++count;
    }
    return count;
}

std::size_t SimulatedRuntime::run_for(Duration duration) {
    const SteadyTime end = internal::later(now_, duration);
    std::size_t count = run_ready();
    while (run_next_timer(end)) {
        count += 1 + run_ready();
    }
    move_to(end);
    return count;
}

std::size_t SimulatedRuntime::run_until_idle(Duration limit) {
    const SteadyTime end = internal::later(now_, limit);
    std::size_t count = run_ready();
    while (run_next_timer(end)) {
        count += 1 + run_ready();
    }
    return count;
}

void SimulatedRuntime::pass(Duration duration) {
    move_to(internal::later(now_, duration));
}

bool SimulatedRuntime::run_next_timer(SteadyTime limit) {
    const std::optional<SteadyTime> due = timers_->next_due();
    if (!due || *due > limit || *due == SteadyTime::max()) {
        return false;
    }
    move_to(*due);
    const std::optional<Task> task = timers_->take_due(*due);
    (*task)();
    return true;
}

std::size_t SimulatedRuntime::poll(std::size_t limit) {
    std::size_t count = 0;
    while (count < limit && (run_one() || run_next_timer(now_))) {
        ++count;
    }
    return count;
}

void SimulatedRuntime::move_to(SteadyTime time) {
    now_ = std::max(now_, time);
}

void SimulatedRuntime::step_wall_clock(Duration by) {
    stepped_ += by;
    std::erase_if(watches_, [this](const std::weak_ptr<Task>& watch) {
        if (watch.expired()) {
            return true;
        }
        pool_->post([watch] {
            if (const auto look = watch.lock()) {
                (*look)();
            }
        });
        return false;
    });
}

Timestamp SimulatedRuntime::now() {
    return Timestamp{now_.time_since_epoch() + stepped_};
}

SteadyTime SimulatedRuntime::steady_now() {
    return now_;
}

std::shared_ptr<void> SimulatedRuntime::watch_wall_clock(Task look) {
    auto watch = std::make_shared<Task>(std::move(look));
    watches_.push_back(watch);
    return watch;
}

std::uint64_t SimulatedRuntime::random() {
    return generator_();
}

Executor& SimulatedRuntime::pool() {
    return *pool_;
}

std::unique_ptr<Executor> SimulatedRuntime::dedicated(const std::string& /*name*/) {
    return std::make_unique<OrderedQueue>(*this);
}

Runtime::TimerId SimulatedRuntime::schedule(Duration delay, Task task) {
    return timers_->add(internal::later(now_, delay), std::move(task));
}

bool SimulatedRuntime::cancel(TimerId timer) {
    return timers_->remove(timer).has_value();
}

bool SimulatedRuntime::wait(std::unique_lock<std::mutex>& lock,
                            std::condition_variable& /*changed*/, const std::function<bool()>& done,
                            std::optional<Duration> timeout) {
    const SteadyTime end = timeout ? internal::later(now_, *timeout) : SteadyTime::max();
    while (!done()) {
        if (timeout && now_ > end) { // tasks have let time pass: see pass()
            return false;
        }
        lock.unlock();
        const bool moved = run_one() || run_next_timer(end);
        lock.lock();
        if (moved) {
            continue;
        }
        if (!timeout) {
            throw std::logic_error{"simulation: a wait can never end, because no task and no timer "
                                   "is left"};
        }
        move_to(end);
        return done();
    }
    return true;
}

} // namespace bus
