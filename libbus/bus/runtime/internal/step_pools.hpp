#pragma once

#include <bus/runtime/internal/thread_pool.hpp>
#include <bus/runtime/internal/timer_thread.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bus::internal {

/// The pools of threads in which agents' steps run, by name. A pool starts its threads when it is
/// first asked for. Notices that a pool does not get round to its tasks; while all of its threads
/// sleep it does not look, and wakes nobody. Thread safe.
class StepPools {
public:
    /// `timers` must work until stop() has returned.
    explicit StepPools(TimerThread& timers);
    StepPools(const StepPools&) = delete;
    StepPools& operator=(const StepPools&) = delete;
    ~StepPools();

    /// The pool of that name, with at least so many threads.
    Executor& pool(const std::string& name, unsigned threads);

    /// See Runtime::watch_steps.
    [[nodiscard]] std::shared_ptr<void> watch(Runtime::OnCrowded tell);

    /// Runs what is queued and joins all threads. The timers are not used any more.
    void stop();

private:
    class Pool;

    void tell(const std::string& pool, unsigned threads);

    TimerThread& timers_;
    std::mutex mutex_; ///< of what follows
    std::map<std::string, std::shared_ptr<Pool>> pools_;
    std::vector<std::weak_ptr<Runtime::OnCrowded>> watchers_;
};

} // namespace bus::internal
