#include <bus/runtime/internal/step_pools.hpp>
#include <bus/runtime/system_environment.hpp>

#include <utility>

namespace bus::internal {

namespace {

constexpr Duration look_every = std::chrono::milliseconds{250};
/// If a task has waited for longer than this, it is reported.
constexpr Duration longest_wait = std::chrono::seconds{1};

} // namespace

class StepPools::Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(StepPools& all, std::string name) : all_{all}, name_{std::move(name)} {}

    /// Not in the constructor, because the threads refer to the object.
    void start(unsigned threads) {
        threads_ = std::make_unique<ThreadPool>(0, name_.empty() ? "bus-steps" : "bus-" + name_,
                                                [this] { watch(); });
        threads_->grow_to(threads);
    }

    [[nodiscard]] ThreadPool& threads() const { return *threads_; }

    void stop() {
        {
            const std::lock_guard lock{mutex_};
            stopped_ = true;
        }
        threads_->stop();
    }

private:
    /// Called by each thread that wakes. Either it finds the pool watched, or the thread that has
    /// just ended the watch finds this thread awake, because each of the two writes before it
    /// reads.
    void watch() {
        if (!watched_ && !watched_.exchange(true)) {
            arm();
        }
    }

    void arm() {
        const std::lock_guard lock{mutex_};
        if (stopped_) {
            return;
        }
        try {
            all_.timers_.add(look_every, [self = shared_from_this()] { self->look(); });
        } catch (const std::exception&) {
            // No thread or no memory for a timer: the pool works on, and the next thread that
            // wakes tries again.
            watched_ = false;
        }
    }

    /// Called by one thread at a time.
    void look() {
        if (threads_->asleep()) {
            watched_ = false;
            if (threads_->asleep() || watched_.exchange(true)) {
                return;
            }
        }
        if (!is_crowded()) {
            arm();
            return;
        }
        all_.tell(name_, threads_->threads()); // only once: from here on the pool is not watched
    }

    /// True if a task that was queued when the mark was set still waits, and has waited too long.
    bool is_crowded() {
        const SteadyTime now = SystemEnvironment::steady_now();
        const TaskQueue& queue = threads_->queue();
        if (queue.taken() >= mark_) {
            mark_ = queue.given();
            marked_at_ = now;
            return false;
        }
        return now - marked_at_ >= longest_wait;
    }

    StepPools& all_;
    const std::string name_;
    std::atomic<bool> watched_{false};
    std::mutex mutex_;
    bool stopped_ = false;
    std::uint64_t mark_ = 0; ///< number of tasks that the pool had been given
    SteadyTime marked_at_{};
    std::unique_ptr<ThreadPool> threads_; ///< last: the threads use the other members
};

StepPools::StepPools(TimerThread& timers) : timers_{timers} {}

StepPools::~StepPools() {
    stop();
}

Executor& StepPools::pool(const std::string& name, unsigned threads) {
    const std::lock_guard lock{mutex_};
    auto found = pools_.find(name);
    if (found == pools_.end()) {
        const auto pool = std::make_shared<Pool>(*this, name);
        pool->start(threads);
        if (stopped_) {
            pool->stop();
        }
        found = pools_.emplace(name, pool).first;
    }
    found->second->threads().grow_to(threads);
    return found->second->threads();
}

std::shared_ptr<void> StepPools::watch(Runtime::OnCrowded tell) {
    auto watcher = std::make_shared<Runtime::OnCrowded>(std::move(tell));
    const std::lock_guard lock{mutex_};
    std::erase_if(watchers_, [](const auto& other) { return other.expired(); });
    watchers_.push_back(watcher);
    return watcher;
}

void StepPools::tell(const std::string& pool, unsigned threads) {
    std::vector<std::weak_ptr<Runtime::OnCrowded>> watchers;
    {
        const std::lock_guard lock{mutex_};
        watchers = watchers_;
    }
    for (const auto& watcher : watchers) {
        if (const auto here = watcher.lock()) {
            (*here)(pool, threads);
        }
    }
}

std::vector<std::shared_ptr<StepPools::Pool>> StepPools::all_pools() {
    const std::lock_guard lock{mutex_};
    std::vector<std::shared_ptr<Pool>> all;
    for (const auto& [name, pool] : pools_) {
        all.push_back(pool);
    }
    return all;
}

void StepPools::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
    }
    // Without the lock: tasks of these pools, and of others, may ask for a pool.
    for (const auto& pool : all_pools()) {
        pool->stop();
    }
}

bool StepPools::run_left() {
    bool any = false;
    for (const auto& pool : all_pools()) {
        any = pool->threads().run_left() || any;
    }
    return any;
}

} // namespace bus::internal
