#include <bus/runtime/internal/ordered_executor.hpp>
#include <bus/runtime/internal/saturating.hpp>
#include <bus/runtime/internal/task_queue.hpp>
#include <bus/runtime/internal/timer_queue.hpp>
#include <bus/runtime/internal/unlocked.hpp>
#include <bus/runtime/internal/waiters.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/system_environment.hpp>

#include <stdexcept>
#include <thread>
#include <utility>

namespace bus {

namespace {

using Clock = PolledRuntime::Clock;

// How long a thread in wait() may miss something that came just before it fell asleep. The thread
// sleeps on its caller's condition. The posting thread may hold the mutex of that condition, so a
// notification is not sure to reach the sleeper.
constexpr auto look_for_tasks = std::chrono::milliseconds{5};
// Other threads run tasks; this one only waits.
constexpr auto look_for_turn = std::chrono::milliseconds{50};

/// An object that ends with the calling thread. It identifies a thread better than an id, because
/// ids are reused.
std::shared_ptr<const char> life_of_this_thread() {
    thread_local const auto life = std::make_shared<const char>();
    return life;
}

} // namespace

/// The queues, and the rules about which thread may run their tasks.
class PolledRuntime::Core final : public Executor {
public:
    Core(std::function<void()> wake, std::function<bool()> in_loop)
        : wake_{std::move(wake)}, in_loop_{std::move(in_loop)} {}

    void post(Task task) override {
        ready_.push(std::move(task));
        tell();
    }

    TimerId schedule(Duration delay, Task task) {
        const auto due = internal::later(SystemEnvironment::steady_now(), delay);
        std::unique_lock lock{mutex_};
        const bool is_first = due < timers_.next_due().value_or(SteadyTime::max());
        const TimerId id = timers_.add(due, std::move(task));
        lock.unlock();
        if (is_first) {
            tell();
        }
        return id;
    }

    bool cancel(TimerId timer) {
        std::unique_lock lock{mutex_};
        const std::optional<Task> task = timers_.remove(timer);
        const bool was_last =
            task && timers_.next_due().value_or(SteadyTime::max()) == SteadyTime::max();
        lock.unlock(); // the task is destroyed without the lock
        if (was_last) {
            tell(); // a loop that sleeps only for a timer has nothing left to wait for
        }
        return task.has_value();
    }

    std::optional<Clock::time_point> next_due() const {
        if (!ready_.empty()) {
            return Clock::now();
        }
        return next_timer();
    }

    void drop_all();
    std::size_t poll(std::size_t limit);
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout);

private:
    /// The right to run tasks. Only one thread at a time has it; that thread may take it again.
    class Turn {
    public:
        Turn(Core& core, bool polls);
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn();

        explicit operator bool() const { return mine_; }

    private:
        Core& core_;
        bool polls_;
        bool mine_ = false;
    };

    /// The result of a thread's search for work in wait(), and when it must search again.
    struct Look {
        bool ran;
        Clock::time_point again;
    };

    Look run_one_if_allowed(std::unique_lock<std::mutex>& lock);
    bool run_one();
    void tell();
    void tell_host();

    [[nodiscard]] std::optional<Clock::time_point> next_timer() const {
        const std::lock_guard lock{mutex_};
        const auto due = timers_.next_due();
        if (!due || *due == SteadyTime::max()) { // Such a timer is never due.
            return std::nullopt;
        }
        return internal::later(Clock::now(), *due - SystemEnvironment::steady_now());
    }

    [[nodiscard]] bool anything_ready() const {
        return !ready_.empty() || next_timer().value_or(Clock::time_point::max()) <= Clock::now();
    }

    [[nodiscard]] bool in_loop() const { return in_loop_ && in_loop_(); }

    const std::function<void()> wake_;
    const std::function<bool()> in_loop_;
    internal::TaskQueue ready_;
    internal::Waiters waiters_;
    std::atomic<bool> told_{false};        // whether the host was told since its last poll
    std::atomic<std::thread::id> polling_; // the thread that is in poll()
    mutable std::mutex mutex_;             // guards the members below
    internal::TimerQueue<SteadyTime> timers_;
    bool timer_next_ = false;                  // tasks and due timers take turns
    std::weak_ptr<const char> polling_thread_; // the thread that may run tasks; may be empty
    std::thread::id holder_;                   // the thread that has the turn
    unsigned depth_ = 0;                       // how often it has taken the turn
    unsigned polls_ = 0;                       // how many of these are in poll()
};

PolledRuntime::Core::Turn::Turn(Core& core, bool polls) : core_{core}, polls_{polls} {
    const auto me = std::this_thread::get_id();
    const bool in_loop = !polls && core_.in_loop();
    const std::lock_guard lock{core_.mutex_};
    const bool busy = core_.depth_ > 0 && core_.holder_ != me;
    if (polls) {
        if (busy && core_.polls_ > 0) {
            throw std::logic_error{"PolledRuntime::poll: another thread is polling; only one "
                                   "thread may poll at a time"};
        }
        core_.polling_thread_ = life_of_this_thread();
        core_.told_ = false;
    } else if (const auto polling = core_.polling_thread_.lock();
               polling && !in_loop && polling != life_of_this_thread()) {
        return;
    }
    if (busy) {
        return;
    }
    mine_ = true;
    core_.holder_ = me;
    ++core_.depth_;
    if (polls) {
        ++core_.polls_;
        core_.polling_ = me;
    }
}

PolledRuntime::Core::Turn::~Turn() {
    if (!mine_) {
        return;
    }
    bool was_last = false;
    {
        const std::lock_guard lock{core_.mutex_};
        if (polls_ && --core_.polls_ == 0) {
            core_.polling_ = std::thread::id{};
        }
        was_last = --core_.depth_ == 0;
    }
    if (was_last && !core_.told_ && core_.anything_ready()) {
        core_.tell_host();
    }
}

bool PolledRuntime::Core::run_one() {
    std::optional<Task> task;
    {
        const std::lock_guard lock{mutex_};
        timer_next_ = !timer_next_;
        if (timer_next_ && timers_.next_due()) {
            task = timers_.take_due(SystemEnvironment::steady_now());
        }
    }
    if (!task) {
        task = ready_.take();
    }
    if (!task) {
        const std::lock_guard lock{mutex_};
        task = timers_.take_due(SystemEnvironment::steady_now());
    }
    if (task) {
        (*task)();
    }
    return task.has_value();
}

void PolledRuntime::Core::tell() {
    waiters_.notify_all();
    if (polling_.load() != std::this_thread::get_id()) {
        tell_host();
    }
}

void PolledRuntime::Core::tell_host() {
    if (wake_ && !told_ && !told_.exchange(true)) {
        wake_();
    }
}

std::size_t PolledRuntime::Core::poll(std::size_t limit) {
    const Turn turn{*this, true};
    std::size_t count = 0;
    while (turn && count < limit && run_one()) {
        ++count;
    }
    return count;
}

bool PolledRuntime::Core::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                               const std::function<bool()>& done, std::optional<Duration> timeout) {
    const auto end = timeout ? internal::later(Clock::now(), *timeout) : Clock::time_point::max();
    const internal::Waiters::Scope scope{waiters_, changed};
    while (!done()) {
        if (timeout && Clock::now() >= end) {
            return false;
        }
        const std::uint64_t seen = waiters_.changes();
        const Look look = run_one_if_allowed(lock);
        if (!look.ran && !done() && waiters_.changes() == seen) {
            changed.wait_until(lock, std::min(end, look.again));
        }
    }
    return true;
}

PolledRuntime::Core::Look
PolledRuntime::Core::run_one_if_allowed(std::unique_lock<std::mutex>& lock) {
    const internal::Unlocked unlocked{lock};
    const Turn turn{*this, false};
    if (!turn) {
        return {false, Clock::now() + look_for_turn};
    }
    if (run_one()) {
        return {true, {}};
    }
    return {false, std::min(Clock::now() + look_for_tasks,
                            next_timer().value_or(Clock::time_point::max()))};
}

void PolledRuntime::Core::drop_all() {
    told_ = true; // it is too late to tell the host
    const auto first_timer = [this] {
        const std::lock_guard lock{mutex_};
        return timers_.take_first();
    };
    // Tasks are destroyed one by one and without a lock: the destructor of what a task holds may
    // post and cancel.
    while (ready_.take() || first_timer()) {
    }
}

PolledRuntime::PolledRuntime(std::function<void()> wake, std::function<bool()> in_loop)
    : core_{std::make_unique<Core>(std::move(wake), std::move(in_loop))} {}

PolledRuntime::~PolledRuntime() {
    if (!home_.here()) {
        detail::leave_behind(std::move(core_));
        return;
    }
    core_->drop_all();
}

PolledRuntime::Core& PolledRuntime::here() const {
    home_.check("a runtime");
    return *core_;
}

std::size_t PolledRuntime::poll(std::size_t limit) {
    return here().poll(limit);
}

std::optional<PolledRuntime::Clock::time_point> PolledRuntime::next_due() const {
    return here().next_due();
}

Timestamp PolledRuntime::now() {
    return SystemEnvironment::instance().now();
}

std::uint64_t PolledRuntime::random() {
    return SystemEnvironment::instance().random();
}

Executor& PolledRuntime::pool() {
    return here();
}

std::unique_ptr<Executor> PolledRuntime::dedicated(const std::string& /*name*/) {
    return std::make_unique<internal::OrderedExecutor>(here());
}

Runtime::TimerId PolledRuntime::schedule(Duration delay, Task task) {
    return here().schedule(delay, std::move(task));
}

bool PolledRuntime::cancel(TimerId timer) {
    return here().cancel(timer);
}

bool PolledRuntime::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                         const std::function<bool()>& done, std::optional<Duration> timeout) {
    return here().wait(lock, changed, done, timeout);
}

} // namespace bus
