#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/timer_queue.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace bus {

/// Tasks of the pool: any of them may be next.
class SimulatedRuntime::PoolQueue final : public Executor {
public:
    void post(Task task) override { tasks.push_back(std::move(task)); }

    std::vector<Task> tasks;
};

/// Tasks that run in order, and never one inside the other.
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

class SimulatedRuntime::Timers : public internal::TimerQueue<Timestamp> {};

SimulatedRuntime::SimulatedRuntime(std::uint64_t seed, Timestamp start)
    : ambient_{*this},
      generator_{seed},
      now_{start},
      pool_{std::make_unique<PoolQueue>()},
      timers_{std::make_unique<Timers>()} {}

SimulatedRuntime::~SimulatedRuntime() = default;

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
    const Timestamp end = internal::later(now_, duration);
    std::size_t count = run_ready();
    while (run_next_timer(end)) {
        count += 1 + run_ready();
    }
    move_to(end);
    return count;
}

std::size_t SimulatedRuntime::run_until_idle(Duration limit) {
    const Timestamp end = internal::later(now_, limit);
    std::size_t count = run_ready();
    while (run_next_timer(end)) {
        count += 1 + run_ready();
    }
    return count;
}

void SimulatedRuntime::pass(Duration duration) {
    move_to(internal::later(now_, duration));
}

bool SimulatedRuntime::run_next_timer(Timestamp limit) {
    const std::optional<Timestamp> due = timers_->next_due();
    if (!due || *due > limit || *due == Timestamp::max()) {
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

void SimulatedRuntime::move_to(Timestamp time) {
    now_ = std::max(now_, time);
}

Timestamp SimulatedRuntime::now() {
    return now_;
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
    const Timestamp end = timeout ? internal::later(now_, *timeout) : Timestamp::max();
    while (!done()) {
        if (timeout && now_ > end) { // tasks have taken longer: see pass()
            return false;
        }
        lock.unlock();
        const bool moved = run_one() || run_next_timer(end);
        lock.lock();
        if (moved) {
            continue;
        }
        if (!timeout) {
            throw std::logic_error{"simulation: a wait can never end, for no task and no timer is "
                                   "left"};
        }
        move_to(end);
        return done();
    }
    return true;
}

} // namespace bus
