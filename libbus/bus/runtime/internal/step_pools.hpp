#pragma once

#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bus::internal {

/// The thread pools for the steps of agents, by name. A pool starts its threads when it is first
/// asked for. This class notices if a pool is too busy to run its tasks in time. While all threads
/// of a pool sleep, the pool is not checked and no thread is woken. Thread safe.
class StepPools {
public:
    /// `timers` must work until the end of this object.
    explicit StepPools(TimerThread& timers);
    StepPools(const StepPools&) = delete;
    StepPools& operator=(const StepPools&) = delete;
    ~StepPools();

    /// The pool with that name, with at least this number of threads.
    Executor& pool(const std::string& name, unsigned threads);

    /// See Runtime::watch_steps.
    [[nodiscard]] std::shared_ptr<void> watch(Runtime::OnCrowded tell);

    /// Runs what is queued and joins all threads. A pool that is first asked for afterwards, or
    /// meanwhile, gets none.
    void stop();
    /// After stop(): runs in the calling thread what was posted since. Returns false if nothing
    /// was.
    bool run_left();

private:
    class Pool;

    void tell(const std::string& pool, unsigned threads);
    [[nodiscard]] std::vector<std::shared_ptr<Pool>> all_pools();

    TimerThread& timers_;
    std::mutex mutex_; ///< guards the members below
    std::map<std::string, std::shared_ptr<Pool>> pools_;
    std::vector<std::weak_ptr<Runtime::OnCrowded>> watchers_;
    bool stopped_ = false;
};

} // namespace bus::internal
