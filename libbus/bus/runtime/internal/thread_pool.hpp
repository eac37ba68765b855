#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/task_queue.hpp>

#include <thread>

namespace bus::internal {

/// Threads that take tasks in the order in which they were posted, and run several of them at the
/// same time. The threads start with the first task; idle ones sleep. The destructor runs what is
/// queued, including what those tasks post, and joins the threads.
class ThreadPool final : public Executor {
public:
    /// `on_wake` is called, without a lock, by each thread that starts or that has slept.
    explicit ThreadPool(unsigned threads, std::string name = "bus-pool", Task on_wake = {});
    ~ThreadPool() override;

    /// Throws std::system_error if the system refuses to start even one thread. Fewer threads than
    /// wanted are no error.
    void post(Task task) override;

    /// From now on the pool has at least this number of threads, as soon as there are tasks.
    void grow_to(unsigned threads);
    /// Runs what is queued, including what those tasks post, and joins the threads. Tasks that are
    /// posted later run in run_left(), or else in the destructor of the pool.
    void stop();
    /// After stop(): runs what is queued in the calling thread. Returns false if nothing was.
    bool run_left();

    [[nodiscard]] unsigned threads() const noexcept { return size_; }

    /// True if no thread runs a task or is about to.
    [[nodiscard]] bool asleep() const noexcept { return sleepers_ == size_; }

    [[nodiscard]] const TaskQueue& queue() const noexcept { return queue_; }

private:
    void begin();
    void start_threads();
    void run();
    void wake_one();
    bool sleep_until_posted();

    const detail::HomeProcess home_;
    const std::string name_;
    const Task on_wake_;
    TaskQueue queue_;
    std::atomic<bool> begun_{false};
    std::atomic<unsigned> size_{0}; // size of threads_
    // Written when a thread falls asleep or wakes, but not for every task.
    alignas(64) std::atomic<unsigned> sleepers_{0};
    std::atomic<bool> waking_{false}; // a sleeper was called and has not woken yet
    std::mutex mutex_;                // only for sleeping
    std::condition_variable called_;
    bool stopping_ = false;
    unsigned wanted_; // guarded by the mutex
    std::vector<std::thread> threads_;
};

/// One thread that runs tasks in order. The destructor runs what is queued, and joins the thread.
class DedicatedThread final : public Executor {
public:
    explicit DedicatedThread(const std::string& name);
    ~DedicatedThread() override;

    void post(Task task) override;

private:
    void run();

    const detail::HomeProcess home_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Task> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace bus::internal
