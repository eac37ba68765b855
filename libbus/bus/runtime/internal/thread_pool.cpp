#include <bus/runtime/internal/system.hpp>
#include <bus/runtime/internal/thread_pool.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace bus::internal {

ThreadPool::ThreadPool(unsigned threads, std::string name, Task on_wake)
    : name_{std::move(name)}, on_wake_{std::move(on_wake)}, wanted_{threads} {}

ThreadPool::~ThreadPool() {
    stop();
    run_left();
}

bool ThreadPool::run_left() {
    bool any = false;
    while (const std::optional<Task> task = queue_.take()) {
        (*task)();
        any = true;
    }
    return any;
}

void ThreadPool::grow_to(unsigned threads) {
    const std::lock_guard lock{mutex_};
    wanted_ = std::max(wanted_, threads);
    if (begun_) {
        start_threads();
    }
}

void ThreadPool::begin() {
    const std::lock_guard lock{mutex_};
    start_threads();
    begun_ = true;
}

void ThreadPool::start_threads() {
    while (size_ < wanted_ && !stopping_) {
        try {
            threads_.emplace_back([this] {
                name_this_thread(name_);
                run();
            });
        } catch (const std::system_error&) {
            if (size_ == 0) {
                throw;
            }
            return;
        }
        ++size_;
    }
}

void ThreadPool::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    called_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

void ThreadPool::post(Task task) {
    if (!begun_.load(std::memory_order_acquire)) {
        begin();
    }
    queue_.push(std::move(task));
    wake_one();
}

// Only one call to a sleeper is under way at a time; the thread that wakes calls the next one. So a
// burst of tasks makes one system call, and not one for each task. All atomics here are
// sequentially consistent, and each side writes before it reads: either the poster sees the
// sleeper, or the sleeper sees the task.
void ThreadPool::wake_one() {
    if (sleepers_ == 0 || waking_ || waking_.exchange(true)) {
        return;
    }
    // A sleeper that has counted itself holds the mutex until it sleeps, so it cannot miss the
    // call.
    { const std::lock_guard lock{mutex_}; }
    called_.notify_one();
}

bool ThreadPool::sleep_until_posted() {
    std::unique_lock lock{mutex_};
    ++sleepers_;
    for (;;) {
        // Reset before the check: a call made after this is meant for a thread that sleeps, and
        // must not be skipped.
        waking_ = false;
        // Looked at once: if another thread takes the task now, this one finds none, and sleeps
        // again. Only a pool that stops lets it end.
        const bool posted = !queue_.empty();
        if (posted || stopping_) {
            --sleepers_;
            return posted;
        }
        called_.wait(lock);
    }
}

void ThreadPool::run() {
    if (on_wake_) {
        on_wake_();
    }
    for (;;) {
        if (std::optional<Task> task = queue_.take()) {
            if (!queue_.empty()) {
                wake_one();
            }
            (*task)();
            home_.end_child_worker();
        } else if (!sleep_until_posted()) {
            return;
        } else if (on_wake_) {
            on_wake_();
        }
    }
}

DedicatedThread::DedicatedThread(const std::string& name)
    : thread_{[this, name] {
          name_this_thread(name);
          run();
      }} {}

DedicatedThread::~DedicatedThread() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void DedicatedThread::post(Task task) {
    {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
}

void DedicatedThread::run() {
    std::vector<Task> batch; // swapped with the queue, so that both keep their memory
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) {
            return;
        }
        batch.swap(tasks_);
        lock.unlock();
        for (Task& task : batch) {
            std::exchange(task, nullptr)();
            home_.end_child_worker();
        }
        batch.clear();
        lock.lock();
    }
}

} // namespace bus::internal
