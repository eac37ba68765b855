#include <bus/runtime/internal/host_pool.hpp>
#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/waiters.hpp>

#include <atomic>
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bus::internal {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a waiting thread may miss that a voucher was dropped just before it fell asleep.
constexpr auto look_again = std::chrono::milliseconds{100};

/// The pool whose tasks this thread runs, and how deep these tasks are nested.
thread_local const void* running_pool = nullptr;
thread_local unsigned running_depth = 0;

} // namespace

class HostPool::State {
public:
    void push(Task task) {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }

    /// Runs the first task that waits; returns false if there is none. Tasks do not throw, see
    /// Task.
    bool run_one() noexcept {
        ++running;
        const void* const outer_pool = std::exchange(running_pool, this);
        const unsigned outer_depth =
            std::exchange(running_depth, outer_pool == this ? running_depth + 1 : 1);
        Task task = take();
        const bool found = task != nullptr;
        if (found) {
            task();
            task = nullptr;
        }
        running_pool = outer_pool;
        running_depth = outer_depth;
        --running;
        running.notify_all();
        return found;
    }

    /// Runs all tasks, and waits for other threads that also run some.
    void run_left() noexcept {
        const unsigned own = running_pool == this ? running_depth : 0;
        for (;;) {
            while (run_one()) {
            }
            const unsigned others = running;
            if (others == own) {
                break;
            }
            running.wait(others);
        }
    }

    void note_dropped() noexcept {
        ++dropped;
        waiters.notify_all();
    }

    Waiters waiters;
    std::atomic<unsigned> running{0};
    std::atomic<std::size_t> dropped{0};

private:
    Task take() {
        const std::lock_guard lock{mutex_};
        if (tasks_.empty()) {
            return nullptr;
        }
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }

    std::mutex mutex_; // a host's executor has a lock of its own, so one more costs little
    std::deque<Task> tasks_;
};

/// The right to run one task. The host may copy the function that it gets; all copies share one
/// voucher, which is valid for one task.
class HostPool::Voucher {
public:
    explicit Voucher(std::shared_ptr<State> state) : state_{std::move(state)} {}

    Voucher(const Voucher&) = delete;
    Voucher& operator=(const Voucher&) = delete;

    ~Voucher() {
        if (!used_) {
            state_->note_dropped();
        }
    }

    void redeem() noexcept {
        if (!used_.exchange(true)) {
            state_->run_one();
        }
    }

private:
    std::shared_ptr<State> state_;
    std::atomic<bool> used_{false};
};

HostPool::HostPool(std::shared_ptr<Executor> host)
    : state_{std::make_shared<State>()}, host_{std::move(host)} {
    if (!host_) {
        throw std::invalid_argument{"SystemRuntime: the host's executor is null; give one, or a "
                                    "number of threads"};
    }
}

HostPool::~HostPool() {
    run_left();
}

void HostPool::run_left() noexcept {
    state_->run_left();
}

void HostPool::post(Task task) {
    state_->push(std::move(task));
    host_->post([voucher = std::make_shared<Voucher>(state_)] { voucher->redeem(); });
}

bool HostPool::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    const std::function<bool()>& done, std::optional<Duration> timeout) {
    const auto end = timeout ? later(Clock::now(), *timeout) : Clock::time_point::max();
    const Waiters::Scope scope{state_->waiters, changed};
    while (!done()) {
        if (const std::size_t dropped = state_->dropped; dropped > 0) {
            throw std::logic_error{
                "SystemRuntime: the host's executor dropped " + std::to_string(dropped) +
                " tasks without running them, so this wait might never end; the executor has to "
                "run what it took until the bus and its runtime are gone"};
        }
        const auto now = Clock::now();
        if (now >= end) {
            return false;
        }
        changed.wait_until(lock, std::min(end, now + look_again));
    }
    return true;
}

} // namespace bus::internal
