#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/task_queue.hpp>

#include <thread>

namespace bus::internal {

/// Threads that run tasks in the order in which they were posted, several at a time. They start
/// with the first task; idle ones sleep. Its end runs what is queued, also what those tasks post,
/// and joins.
class ThreadPool final : public Executor {
public:
    /// `on_wake` is called, without a lock, by each thread that begins or has slept.
    explicit ThreadPool(unsigned threads, std::string name = "bus-pool", Task on_wake = {});
    ~ThreadPool() override;

    /// Throws std::system_error where the system has no thread to begin with; fewer threads than
    /// wanted are enough.
    void post(Task task) override;

    /// Has at least so many threads from now on, or once there are tasks.
    void grow_to(unsigned threads);
    /// Runs what is queued, also what those tasks post, and joins. What comes later runs when the
    /// pool ends, in the thread that ends it.
    void stop();

    [[nodiscard]] unsigned threads() const noexcept { return size_; }

    /// No thread runs a task, or is about to.
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
    std::atomic<unsigned> size_{0}; // of threads_
    // Written when a thread falls asleep or wakes, not with every task.
    alignas(64) std::atomic<unsigned> sleepers_{0};
    std::atomic<bool> waking_{false}; // a sleeper was called and has not come yet
    std::mutex mutex_;                // for sleeping only
    std::condition_variable called_;
    bool stopping_ = false;
    unsigned wanted_; // by the mutex
    std::vector<std::thread> threads_;
};

/// One thread that runs tasks in order. Its end runs what is queued, and joins.
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

/// Names the calling thread, for debuggers; Linux keeps the first 15 characters.
void name_this_thread(const std::string& name);

} // namespace bus::internal
